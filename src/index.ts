export {
  fullTextSearch,
  tableOptions,
  vectorIndex,
  type ColumnOf,
  type FullTextSearch,
  type FullTextSearchOptions,
  type TableOptions,
  type VectorIndex,
  type VectorIndexOptions,
} from "./schema/extras.ts";
