import type { Case } from "./case.ts";
import { casedViewCases } from "./cased-views.ts";
import { checkCases } from "./checks.ts";
import { columnCases } from "./columns.ts";
import { customTypeCases } from "./custom-types.ts";
import { defaultCases } from "./defaults.ts";
import { foreignKeyCases } from "./foreign-keys.ts";
import { generatedCases } from "./generated.ts";
import { indexCases } from "./indexes.ts";
import { jsonDefaultCases } from "./json-defaults.ts";
import { casingCases, nameCases } from "./names.ts";
import { primaryKeyCases } from "./primary-keys.ts";
import { refusedCases } from "./refused.ts";
import { sqlDefaultCases } from "./sql-defaults.ts";
import { uniqueCases } from "./uniques.ts";
import { viewCases } from "./views.ts";

/** Every case by theme, in the order they are told. */
export const allCases: Readonly<Record<string, readonly Case[]>> = {
  columns: columnCases,
  defaults: defaultCases,
  "JSON and custom defaults": jsonDefaultCases,
  "sql defaults": sqlDefaultCases,
  "primary keys": primaryKeyCases,
  uniques: uniqueCases,
  indexes: indexCases,
  "foreign keys": foreignKeyCases,
  checks: checkCases,
  "generated columns": generatedCases,
  views: viewCases,
  "views under casing": casedViewCases,
  names: nameCases,
  casing: casingCases,
  "custom types": customTypeCases,
  refused: refusedCases,
};
