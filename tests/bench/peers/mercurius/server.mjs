// mercurius 16 with jit on the product's tables, as an engineer who wants it fast would write it: named (prepared) statements,
// one statement for each relation of a whole page, type parsers that make the final text at once, loaders without their cache.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";
import { schema } from "./schema.mjs";

const { builtins } = pg.types;
pg.types.setTypeParser(builtins.INT8, Number);
pg.types.setTypeParser(builtins.DATE, (text) => text);
pg.types.setTypeParser(builtins.TIMESTAMPTZ, moment);

const pool = new pg.Pool({ max: Number(process.env.POOL), options: "-c TimeZone=Asia/Shanghai" });

function moment(text) {
  // "2026-01-02 03:04:05.4+08" as PostgreSQL writes it in this session's zone
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(3, "0").slice(0, 3)}+08:00`;
}

async function rows(name, text, values) {
  return (await pool.query({ name, text, values })).rows;
}

const money = (column) => (row) => (row[column] === null ? null : (row[column] / 100).toFixed(2));
const globalId = (type) => (row) => Buffer.from(`${type}:${row.id}`).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
// A place in a list: microseconds since 2000 (as PostgreSQL counts them) and the row's id.
const MICROS = `(extract(epoch FROM created_at) * 1000000)::bigint - 946684800000000 AS micros`;
const cursor = (row) => Buffer.from(`${row.micros}:${row.id}`).toString("base64");
const position = (after) => Buffer.from(after, "base64url").toString().split(":");

const ORDER = `id, number, state, total_fen, created_at AS "createdAt", expires_at AS "expiresAt", patient_id, doctor_id`;
const SETTLEMENT = `id, order_id, number, pay_kind AS "payKind", state, total_fen, fund_fen, account_fen, cash_fen,
  created_at AS "createdAt", settled_at AS "settledAt"`;

function page(table, columns) {
  return async (_, { first, after, state, since, until }) => {
    const where = ["hospital_id = 1"];
    const values = [];
    const given = (condition, ...told) => {
      where.push(condition.replace(/\?/g, () => `$${values.push(told.shift())}`));
    };
    if (state) given("state = ?", state);
    if (since) given("created_at >= ?::date::timestamptz", since);
    if (until) given("created_at < (?::date + 1)::timestamptz", until);
    if (after) given("(created_at, id) < (timestamptz '2000-01-01Z' + ?::bigint * interval '1 microsecond', ?)", ...position(after));
    const found = await rows(
      [table, first, !!state, !!since, !!until, !!after].join("-"),
      `SELECT ${columns}, ${MICROS} FROM ${table} WHERE ${where.join(" AND ")} ORDER BY created_at DESC, id DESC LIMIT ${first + 1}`,
      values,
    );
    const shown = found.slice(0, first);
    return {
      edges: shown.map((node) => ({ node })),
      pageInfo: { hasNextPage: found.length > first, endCursor: shown.length ? cursor(shown.at(-1)) : null },
    };
  };
}

const keys = (queries, column) => [...new Set(queries.map(({ obj }) => obj[column]))];

function one(name, column, text, key) {
  const loader = async (queries) => {
    const found = new Map();
    for (const row of await rows(name, text, [keys(queries, column)])) found.set(row[key], row);
    return queries.map(({ obj }) => found.get(obj[column]) ?? null);
  };
  return { loader, opts: { cache: false } };
}

function many(name, text, key) {
  const loader = async (queries) => {
    const found = new Map();
    for (const row of await rows(name, text, [keys(queries, "id")])) {
      const group = found.get(row[key]);
      if (group) group.push(row);
      else found.set(row[key], [row]);
    }
    return queries.map(({ obj }) => found.get(obj.id) ?? []);
  };
  return { loader, opts: { cache: false } };
}

function report(source) {
  const text = `SELECT day AS "from", pay_kind AS "payKind", count, begun AS "begunCount", total, fund, account, cash, refunded
    FROM peer.${source}($1, $2)`;
  return async (_, { input }) => ({ rows: await rows(source, text, [input.from, input.to]) });
}

const resolvers = {
  Query: {
    node: async (_, { id }) => {
      const [type, number] = Buffer.from(id, "base64").toString().split(":");
      if (type !== "Order") return null;
      return (await rows("order", `SELECT ${ORDER} FROM orders WHERE id = $1 AND hospital_id = 1`, [number]))[0] ?? null;
    },
    orders: page("orders", ORDER),
    settlements: page("settlement", SETTLEMENT),
    settlementReport: report("settlement_report"),
    dailyReport: report("daily_report"),
  },
  Node: { resolveType: () => "Order" },
  OrderEdge: { cursor: ({ node }) => cursor(node) },
  SettlementEdge: { cursor: ({ node }) => cursor(node) },
  Patient: { id: globalId("Patient") },
  Doctor: { id: globalId("Doctor") },
  Order: { id: globalId("Order"), totalAmount: money("total_fen") },
  Prescription: { id: globalId("Prescription"), totalAmount: money("total_fen") },
  PrescriptionItem: { amount: money("amount_fen") },
  Settlement: {
    id: globalId("Settlement"),
    totalAmount: money("total_fen"),
    fundAmount: money("fund_fen"),
    accountAmount: money("account_fen"),
    cashAmount: money("cash_fen"),
  },
  Invoice: { id: globalId("Invoice"), totalAmount: money("total_fen") },
  Shipment: { id: globalId("Shipment") },
  ReportRow: {
    totalAmount: money("total"),
    fundAmount: money("fund"),
    accountAmount: money("account"),
    cashAmount: money("cash"),
    refundedAmount: money("refunded"),
  },
};

const loaders = {
  Order: {
    patient: one(
      "patients",
      "patient_id",
      `SELECT id, name_masked AS name, id_number_masked AS "idNumber", phone_masked AS phone, gender FROM patient WHERE id = ANY($1::bigint[])`,
      "id",
    ),
    doctor: one("doctors", "doctor_id", "SELECT id, code, name, title FROM doctor WHERE id = ANY($1::bigint[])", "id"),
    settlement: one(
      "settlements",
      "id",
      `SELECT DISTINCT ON (order_id) ${SETTLEMENT} FROM settlement WHERE order_id = ANY($1::bigint[]) ORDER BY order_id, id DESC`,
      "order_id",
    ),
    prescriptions: many(
      "prescriptions",
      `SELECT id, order_id, number, kind, total_fen, issued_at AS "issuedAt" FROM prescription WHERE order_id = ANY($1::bigint[]) ORDER BY id`,
      "order_id",
    ),
    shipments: many(
      "shipments",
      `SELECT id, order_id, carrier, waybill_number AS "waybillNumber", state, checked_at AS "checkedAt" FROM shipment
       WHERE order_id = ANY($1::bigint[]) ORDER BY id`,
      "order_id",
    ),
  },
  Prescription: {
    items: many(
      "items",
      `SELECT prescription_id, serial, name, spec, unit, quantity, price, amount_fen, usage FROM prescription_item
       WHERE prescription_id = ANY($1::bigint[]) ORDER BY id`,
      "prescription_id",
    ),
  },
  Settlement: {
    invoice: one(
      "invoices",
      "id",
      `SELECT DISTINCT ON (settlement_id) id, settlement_id, number, state, total_fen, issued_at AS "issuedAt" FROM invoice
       WHERE settlement_id = ANY($1::bigint[]) ORDER BY settlement_id, id DESC`,
      "settlement_id",
    ),
  },
};

const app = Fastify();
app.register(mercurius, { schema, resolvers, loaders, jit: 1, graphiql: false });
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
