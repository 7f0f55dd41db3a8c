// The part of the product's graph that the benchmark asks for, in the product's words.
export const schema = /* GraphQL */ `
  scalar Money
  scalar DateTime
  scalar Date

  interface Node { id: ID! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type OrderEdge { cursor: String! node: Order! }
  type OrderConnection { edges: [OrderEdge!]! pageInfo: PageInfo! }
  type SettlementEdge { cursor: String! node: Settlement! }
  type SettlementConnection { edges: [SettlementEdge!]! pageInfo: PageInfo! }

  type Patient implements Node { id: ID! name: String! idNumber: String! phone: String! gender: String! }
  type Doctor implements Node { id: ID! code: String! name: String! title: String! }
  type Order implements Node {
    id: ID! number: String! state: String! totalAmount: Money! createdAt: DateTime! expiresAt: DateTime!
    patient: Patient! doctor: Doctor! prescriptions: [Prescription!]! settlement: Settlement shipments: [Shipment!]!
  }
  type Prescription implements Node {
    id: ID! number: String! kind: String! totalAmount: Money! issuedAt: DateTime! items: [PrescriptionItem!]!
  }
  type PrescriptionItem {
    serial: String! name: String! spec: String! unit: String! quantity: String! price: String! amount: Money! usage: String
  }
  type Settlement implements Node {
    id: ID! number: String! payKind: String! state: String! totalAmount: Money! fundAmount: Money accountAmount: Money
    cashAmount: Money createdAt: DateTime! settledAt: DateTime invoice: Invoice
  }
  type Invoice implements Node {
    id: ID! number: String state: String! totalAmount: Money! issuedAt: DateTime
  }
  type Shipment implements Node { id: ID! carrier: String! waybillNumber: String! state: String! checkedAt: DateTime }
  enum ReportBucket { DAY }
  enum ReportDimension { PAY_KIND }
  input SettlementReportInput { from: Date! to: Date! bucket: ReportBucket! groupBy: [ReportDimension!]! }
  type SettlementReport { rows: [ReportRow!]! }
  type ReportRow {
    from: Date! payKind: String! count: Int! begunCount: Int! totalAmount: Money! fundAmount: Money! accountAmount: Money!
    cashAmount: Money! refundedAmount: Money!
  }

  type Query {
    node(id: ID!): Node
    orders(first: Int = 20, after: String, state: String, since: Date, until: Date): OrderConnection!
    settlements(first: Int = 20, after: String, state: String, since: Date, until: Date): SettlementConnection!
    settlementReport(input: SettlementReportInput!): SettlementReport!
    dailyReport(input: SettlementReportInput!): SettlementReport!
  }
`;
