// PostGraphile 5 on the product's tables, as an engineer who wants it fast would set it up: plain lists instead of
// connections, no mutations, one pool, and the page and the report as SQL functions that PostgreSQL inlines (schema `peer`).
import { createServer } from "node:http";
import { printSchema } from "graphql";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const hidden = ["tortoise_migrations", "pgqueuer", "callback", "audit_entry", "idempotency_key", "exchange"];

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      schemas: ["public", "peer"],
      poolConfig: { max: Number(process.env.POOL) },
    }),
  ],
  gather: { pgStrictFunctions: true },
  schema: {
    defaultBehavior: "-mutation -insert -update -delete -query:resource:connection -connection +list",
    pgForbidSetofFunctionsToReturnNull: true,
  },
  grafserv: { graphiql: false, watch: false, maxRequestLength: 1_000_000 },
  grafast: { explain: false, context: () => ({}) },
};

const instance = postgraphile(preset);
const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
const serv = instance.createServ(grafserv);
await serv.addTo(server);
if (process.env.PRINT_SCHEMA) console.log(printSchema(await instance.getSchema()));
server.listen(Number(process.env.PORT), "127.0.0.1");
