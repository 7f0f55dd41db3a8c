-- What PostGraphile's own filters cannot say: a keyset page within a range of days, and the report. PostgreSQL inlines both.
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;

CREATE FUNCTION peer.orders_page(state text, since date, until date, before timestamptz, before_id bigint, size int)
RETURNS SETOF public.orders LANGUAGE sql STABLE AS $$
  SELECT o.* FROM public.orders o
  WHERE o.hospital_id = 1 AND o.state = orders_page.state AND (o.created_at, o.id) < (orders_page.before, orders_page.before_id)
    AND o.created_at >= orders_page.since::timestamp AT TIME ZONE 'Asia/Shanghai'
    AND o.created_at < (orders_page.until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
  ORDER BY o.created_at DESC, o.id DESC LIMIT orders_page.size
$$;

CREATE FUNCTION peer.settlements_page(state text, since date, until date, before timestamptz, before_id bigint, size int)
RETURNS SETOF public.settlement LANGUAGE sql STABLE AS $$
  SELECT s.* FROM public.settlement s
  WHERE s.hospital_id = 1 AND s.state = settlements_page.state AND (s.created_at, s.id) < (settlements_page.before, settlements_page.before_id)
    AND s.created_at >= settlements_page.since::timestamp AT TIME ZONE 'Asia/Shanghai'
    AND s.created_at < (settlements_page.until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
  ORDER BY s.created_at DESC, s.id DESC LIMIT settlements_page.size
$$;

CREATE FUNCTION peer.settlement_report("from" date, "to" date)
RETURNS TABLE (day date, pay_kind text, count bigint, begun bigint, total bigint, fund bigint, account bigint, cash bigint,
  refunded bigint)
LANGUAGE sql STABLE AS $$
  SELECT (e.at AT TIME ZONE 'Asia/Shanghai')::date, e.pay_kind, sum(e.count)::bigint, sum(e.begun)::bigint,
    sum(e.total)::bigint, sum(e.fund)::bigint, sum(e.account)::bigint, sum(e.cash)::bigint, -sum(e.refunded)::bigint
  FROM (
    SELECT settled_at AS at, s.pay_kind, 1 AS count, 0 AS begun, total_fen AS total, fund_fen AS fund,
      account_fen AS account, cash_fen AS cash, 0 AS refunded
    FROM public.settlement s WHERE paid_fen > 0
    UNION ALL SELECT created_at, s.pay_kind, 0, 1, 0, 0, 0, 0, 0 FROM public.settlement s
    UNION ALL SELECT refunded_at, s.pay_kind, 0, 0, 0, 0, 0, 0, refunded_fen FROM public.settlement s WHERE refunded_fen > 0
  ) e
  WHERE e.at >= "from"::timestamp AT TIME ZONE 'Asia/Shanghai' AND e.at < ("to" + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
  GROUP BY 1, 2 ORDER BY 1, 2
$$;

CREATE FUNCTION peer.daily_report("from" date, "to" date)
RETURNS TABLE (day date, pay_kind text, count bigint, begun bigint, total bigint, fund bigint, account bigint, cash bigint,
  refunded bigint)
LANGUAGE sql STABLE AS $$
  SELECT d.day, d.pay_kind, sum(settled)::bigint, sum(d.begun)::bigint, sum(total_fen)::bigint, sum(fund_fen)::bigint,
    sum(account_fen)::bigint, sum(cash_fen)::bigint, -sum(refunded_fen)::bigint
  FROM public.daily_settlement d WHERE hospital_id = 1 AND grain = 0 AND d.day BETWEEN "from" AND "to"
  GROUP BY 1, 2 ORDER BY 1, 2
$$;
