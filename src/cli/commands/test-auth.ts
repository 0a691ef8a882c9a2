import { isFailure } from "../../actions/report.ts";
import { testAuth, type AuthReport } from "../../actions/test-auth.ts";
import type { Context } from "../context.ts";
import type { Output } from "../output.ts";
import { renderTable } from "../render.ts";

export async function run({ deps, output }: Context): Promise<0 | 1> {
  const report = await testAuth(deps);
  output.result("test-auth", report, `${render(report, deps.now(), output)}\n`);
  return report.isGood ? 0 : 1;
}

function render(report: AuthReport, now: Date, { inWords }: Output): string {
  const { host, read, write, contradictions, isGood } = report;
  const rows = [
    ["primary", host],
    ...claimRows(report, now),
    ["read", isFailure(read) ? read.error : `works (${read.latency} ms)`],
    [
      "write",
      write === null
        ? "not tried"
        : isFailure(write)
          ? write.error
          : "works (a probe was made and rolled back)",
    ],
    ...contradictions.map((text) => ["note", text]),
  ];
  const hint = [read, write].find((part) => part !== null && isFailure(part));
  const verdict = isGood ? "good: a rebuild would be let in" : "not good: a rebuild would be refused";
  return [
    renderTable(rows, ""),
    "",
    verdict,
    ...(hint && isFailure(hint) && hint.hint ? [`next: ${inWords(hint.hint)}`] : []),
  ].join("\n");
}

function claimRows({ claims }: AuthReport, now: Date): string[][] {
  if (claims === null) return [["token", "none set (TURSO_AUTH_TOKEN)"]];
  if (isFailure(claims)) return [["token", claims.error]];
  const { algorithm, issuedAt, expiresAt, access, scope } = claims;
  return [
    [
      "token",
      `${access}, ${algorithm}${scope.length > 0 ? `, for ${scope.join(", ")}` : ""} (as it says itself)`,
    ],
    ["issued", issuedAt ?? "not said"],
    [
      "expires",
      expiresAt === null
        ? "never"
        : `${expiresAt} (${remaining(new Date(expiresAt).getTime() - now.getTime())})`,
    ],
  ];
}

function remaining(milliseconds: number): string {
  const minutes = Math.round(Math.abs(milliseconds) / 60_000);
  const text =
    minutes < 120
      ? `${minutes} min`
      : minutes < 2880
        ? `${Math.round(minutes / 60)} h`
        : `${Math.round(minutes / 1440)} days`;
  return milliseconds < 0 ? `${text} ago` : `in ${text}`;
}
