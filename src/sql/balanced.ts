/**
 * Joins terms by an operator as a balanced tree: in a chain every term makes the expression one level deeper, and SQLite takes
 * 1,000 levels (https://www.sqlite.org/limits.html#max_expr_depth) for up to 2,000 columns.
 */
export function balanced(terms: readonly string[], operator: string): string {
  if (terms.length <= 2) return terms.join(` ${operator} `);
  const half = Math.ceil(terms.length / 2);
  return `(${balanced(terms.slice(0, half), operator)}) ${operator} (${balanced(terms.slice(half), operator)})`;
}
