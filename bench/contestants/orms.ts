import { readFile, writeFile } from "node:fs/promises";
import { mikroOrmModule } from "../models/mikro-orm.ts";
import { sequelizeModule } from "../models/sequelize.ts";
import { typeOrmModule } from "../models/typeorm.ts";
import { remove, type Workspace } from "../workspace.ts";
import type { Contestant } from "./contestant.ts";

const MIKRO_CONFIG = "mikro-orm.config.cjs";
const TYPEORM_SOURCE = "data-source.cjs";

const mikroOrm = {
  group: "peer",
  tool: "MikroORM",
  peer: "mikro-orm",
  packages: ["@mikro-orm/cli", "@mikro-orm/libsql"],
  prepare: async ({ path, tables, database }: Workspace) => {
    await writeFile(path("entities.cjs"), mikroOrmModule(tables));
    const config = `const { LibSqlDriver } = require("@mikro-orm/libsql");
const { entities } = require("./entities.cjs");
module.exports = { driver: LibSqlDriver, dbName: ${JSON.stringify(database)}, entities };
`;
    await writeFile(path(MIKRO_CONFIG), config);
  },
} as const;

const typeOrm = {
  group: "peer",
  tool: "TypeORM",
  peer: "typeorm",
  packages: ["typeorm", "better-sqlite3"],
  prepare: async ({ path, tables, database }: Workspace) => {
    await writeFile(path("entities.cjs"), typeOrmModule(tables));
    const source = `const { DataSource } = require("typeorm");
const { entities } = require("./entities.cjs");
module.exports = new DataSource({ type: "better-sqlite3", database: ${JSON.stringify(database)}, entities });
`;
    await writeFile(path(TYPEORM_SOURCE), source);
  },
} as const;

const sequelize = {
  group: "peer",
  tool: "Sequelize",
  peer: "sequelize",
  packages: ["sequelize", "sqlite3"],
  prepare: async ({ path, tables, database }: Workspace) => {
    await writeFile(path("models.cjs"), sequelizeModule(tables));
    const program = `const { Sequelize } = require("sequelize");
const { define } = require("./models.cjs");
const sequelize = new Sequelize({ dialect: "sqlite", storage: ${JSON.stringify(database)}, logging: false });
define(sequelize);
sequelize.sync({ force: true }).then(() => sequelize.close());
`;
    await writeFile(path("sync.cjs"), program);
  },
} as const;

function mikroCommand({ node, path }: Workspace, ...args: readonly string[]): string[] {
  return [node, path("node_modules", "@mikro-orm", "cli", "cli.js"), ...args, "--config", path(MIKRO_CONFIG)];
}

function typeOrmCommand({ node, path }: Workspace, command: string): string[] {
  return [node, path("node_modules", "typeorm", "cli.js"), command, "-d", path(TYPEORM_SOURCE)];
}

/** What users of other ORMs run to get their database back from the models. */
export const orms: readonly Contestant[] = [
  {
    ...mikroOrm,
    name: "MikroORM schema:create --dump",
    job: "generate",
    before: (workspace) => remove(workspace, "local.db"),
    steps: (workspace) => [
      { argv: mikroCommand(workspace, "schema:create", "--dump"), output: workspace.path("out.sql") },
    ],
    script: (workspace) => readFile(workspace.path("out.sql"), "utf8"),
  },
  {
    ...mikroOrm,
    name: "MikroORM schema:fresh",
    job: "file",
    steps: (workspace) => [{ argv: mikroCommand(workspace, "schema:fresh", "--run") }],
  },
  {
    ...typeOrm,
    name: "TypeORM schema:drop + schema:sync",
    job: "file",
    steps: (workspace) =>
      ["schema:drop", "schema:sync"].map((command) => ({ argv: typeOrmCommand(workspace, command) })),
  },
  {
    ...sequelize,
    name: "Sequelize sync({ force: true })",
    job: "file",
    steps: ({ node, path }) => [{ argv: [node, path("sync.cjs")] }],
  },
];
