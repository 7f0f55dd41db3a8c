CREATE FUNCTION daily_apply() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    DECLARE mine xid8 := pg_current_xact_id();
    BEGIN
    
    IF EXISTS (SELECT FROM (SELECT * FROM daily_change WHERE xid = mine AND subject = 'daily_settlement') c) THEN 
    INSERT INTO daily_settlement AS d (hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen) SELECT * FROM (SELECT hospital_id, (2 - grouping(department_id) - grouping(doctor_id))::smallint AS grain, day, coalesce(department_id, 0) AS department_id, coalesce(doctor_id, 0) AS doctor_id, pay_kind, insurance_type, state, sum(begun)::bigint AS begun, sum(settled)::bigint AS settled, sum(total_fen)::bigint AS total_fen, sum(fund_fen)::bigint AS fund_fen, sum(account_fen)::bigint AS account_fen, sum(cash_fen)::bigint AS cash_fen, sum(other_fen)::bigint AS other_fen, sum(refunds)::bigint AS refunds, sum(refunded_fen)::bigint AS refunded_fen FROM (SELECT * FROM daily_change WHERE xid = mine AND subject = 'daily_settlement') c
      GROUP BY GROUPING SETS ((hospital_id, day, pay_kind, insurance_type, state), (hospital_id, day, pay_kind, insurance_type, state, department_id), (hospital_id, day, pay_kind, insurance_type, state, department_id, doctor_id)) HAVING (sum(begun) <> 0 OR sum(settled) <> 0 OR sum(total_fen) <> 0 OR sum(fund_fen) <> 0 OR sum(account_fen) <> 0 OR sum(cash_fen) <> 0 OR sum(other_fen) <> 0 OR sum(refunds) <> 0 OR sum(refunded_fen) <> 0)) each ORDER BY hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state
      ON CONFLICT (hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state) DO UPDATE SET begun = d.begun + excluded.begun, settled = d.settled + excluded.settled, total_fen = d.total_fen + excluded.total_fen, fund_fen = d.fund_fen + excluded.fund_fen, account_fen = d.account_fen + excluded.account_fen, cash_fen = d.cash_fen + excluded.cash_fen, other_fen = d.other_fen + excluded.other_fen, refunds = d.refunds + excluded.refunds, refunded_fen = d.refunded_fen + excluded.refunded_fen;
    END IF;
    IF EXISTS (SELECT FROM (SELECT * FROM daily_change WHERE xid = mine AND subject = 'daily_order') c) THEN 
    INSERT INTO daily_order AS d (hospital_id, grain, day, department_id, doctor_id, state, orders, total_fen) SELECT * FROM (SELECT hospital_id, (2 - grouping(department_id) - grouping(doctor_id))::smallint AS grain, day, coalesce(department_id, 0) AS department_id, coalesce(doctor_id, 0) AS doctor_id, state, sum(begun)::bigint AS orders, sum(total_fen)::bigint AS total_fen FROM (SELECT * FROM daily_change WHERE xid = mine AND subject = 'daily_order') c
      GROUP BY GROUPING SETS ((hospital_id, day, state), (hospital_id, day, state, department_id), (hospital_id, day, state, department_id, doctor_id)) HAVING (sum(begun) <> 0 OR sum(total_fen) <> 0)) each ORDER BY hospital_id, grain, day, department_id, doctor_id, state
      ON CONFLICT (hospital_id, grain, day, department_id, doctor_id, state) DO UPDATE SET orders = d.orders + excluded.orders, total_fen = d.total_fen + excluded.total_fen;
    END IF;
    IF EXISTS (SELECT FROM (SELECT * FROM daily_change WHERE xid = mine AND subject = 'daily_invoice') c) THEN 
    INSERT INTO daily_invoice AS d (hospital_id, day, state, invoices, total_fen) SELECT * FROM (SELECT hospital_id, day, state, sum(begun)::bigint AS invoices, sum(total_fen)::bigint AS total_fen FROM (SELECT * FROM daily_change WHERE xid = mine AND subject = 'daily_invoice') c GROUP BY hospital_id, day, state HAVING (sum(begun) <> 0 OR sum(total_fen) <> 0)) each ORDER BY hospital_id, day, state
      ON CONFLICT (hospital_id, day, state) DO UPDATE SET invoices = d.invoices + excluded.invoices, total_fen = d.total_fen + excluded.total_fen;
    END IF;
    DELETE FROM daily_change WHERE xid = mine;
    DELETE FROM daily_due WHERE xid = mine;
    RETURN NULL;
    END $$;

CREATE FUNCTION daily_rebuild() RETURNS bigint
    LANGUAGE plpgsql
    AS $$
    DECLARE wrong bigint := 0; found bigint;
    BEGIN
    PERFORM pg_advisory_xact_lock(20261);
    INSERT INTO daily_settlement AS d (hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen) SELECT * FROM (SELECT hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state, sum(begun)::bigint AS begun, sum(settled)::bigint AS settled, sum(total_fen)::bigint AS total_fen, sum(fund_fen)::bigint AS fund_fen, sum(account_fen)::bigint AS account_fen, sum(cash_fen)::bigint AS cash_fen, sum(other_fen)::bigint AS other_fen, sum(refunds)::bigint AS refunds, sum(refunded_fen)::bigint AS refunded_fen FROM (SELECT hospital_id, (2 - grouping(department_id) - grouping(doctor_id))::smallint AS grain, day, coalesce(department_id, 0) AS department_id, coalesce(doctor_id, 0) AS doctor_id, pay_kind, insurance_type, state, sum(begun)::bigint AS begun, sum(settled)::bigint AS settled, sum(total_fen)::bigint AS total_fen, sum(fund_fen)::bigint AS fund_fen, sum(account_fen)::bigint AS account_fen, sum(cash_fen)::bigint AS cash_fen, sum(other_fen)::bigint AS other_fen, sum(refunds)::bigint AS refunds, sum(refunded_fen)::bigint AS refunded_fen FROM (
    SELECT 'daily_settlement' AS subject, (told.at AT TIME ZONE 'Asia/Shanghai')::date AS day, s.hospital_id, s.department_id, s.doctor_id, s.pay_kind,
      coalesce(s.insurance_type, '') AS insurance_type, s.state,
      sum(s.sign * told.begun)::bigint AS begun, sum(s.sign * told.settled)::bigint AS settled, sum(s.sign * told.total_fen)::bigint AS total_fen, sum(s.sign * told.fund_fen)::bigint AS fund_fen, sum(s.sign * told.account_fen)::bigint AS account_fen, sum(s.sign * told.cash_fen)::bigint AS cash_fen, sum(s.sign * told.other_fen)::bigint AS other_fen, sum(s.sign * told.refunds)::bigint AS refunds, sum(s.sign * told.refunded_fen)::bigint AS refunded_fen
    FROM (SELECT r.*, o.department_id, o.doctor_id FROM (SELECT *, 1 AS sign FROM settlement) r JOIN orders o ON o.id = r.order_id) s CROSS JOIN LATERAL (SELECT * FROM (VALUES
      (s.created_at, 1, 0, 0, 0, 0, 0, 0, 0, 0),
      (CASE WHEN s.paid_fen > 0 THEN s.settled_at END, 0, 1, s.total_fen, coalesce(s.fund_fen, 0),
        coalesce(s.account_fen, 0), coalesce(s.cash_fen, 0), s.other_fen, 0, 0),
      (CASE WHEN s.refunded_fen > s.partly_refunded_fen THEN s.refunded_at END, 0, 0, 0, 0, 0, 0, 0, 1,
        s.refunded_fen - s.partly_refunded_fen)
    ) entire UNION ALL SELECT given_at, 0, 0, 0, 0, 0, 0, 0, 1, amount_fen FROM refund WHERE settlement_id = s.id) AS told (at, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
    WHERE told.at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) raw
      GROUP BY GROUPING SETS ((hospital_id, day, pay_kind, insurance_type, state), (hospital_id, day, pay_kind, insurance_type, state, department_id), (hospital_id, day, pay_kind, insurance_type, state, department_id, doctor_id)) HAVING (sum(begun) <> 0 OR sum(settled) <> 0 OR sum(total_fen) <> 0 OR sum(fund_fen) <> 0 OR sum(account_fen) <> 0 OR sum(cash_fen) <> 0 OR sum(other_fen) <> 0 OR sum(refunds) <> 0 OR sum(refunded_fen) <> 0) UNION ALL SELECT hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state, -begun, -settled, -total_fen, -fund_fen, -account_fen, -cash_fen, -other_fen, -refunds, -refunded_fen FROM daily_settlement) both_sides
      GROUP BY hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state HAVING (sum(begun) <> 0 OR sum(settled) <> 0 OR sum(total_fen) <> 0 OR sum(fund_fen) <> 0 OR sum(account_fen) <> 0 OR sum(cash_fen) <> 0 OR sum(other_fen) <> 0 OR sum(refunds) <> 0 OR sum(refunded_fen) <> 0)) each ORDER BY hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state
      ON CONFLICT (hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state) DO UPDATE SET begun = d.begun + excluded.begun, settled = d.settled + excluded.settled, total_fen = d.total_fen + excluded.total_fen, fund_fen = d.fund_fen + excluded.fund_fen, account_fen = d.account_fen + excluded.account_fen, cash_fen = d.cash_fen + excluded.cash_fen, other_fen = d.other_fen + excluded.other_fen, refunds = d.refunds + excluded.refunds, refunded_fen = d.refunded_fen + excluded.refunded_fen;
    GET DIAGNOSTICS found = ROW_COUNT; wrong := wrong + found;
    INSERT INTO daily_order AS d (hospital_id, grain, day, department_id, doctor_id, state, orders, total_fen) SELECT * FROM (SELECT hospital_id, grain, day, department_id, doctor_id, state, sum(orders)::bigint AS orders, sum(total_fen)::bigint AS total_fen FROM (SELECT hospital_id, (2 - grouping(department_id) - grouping(doctor_id))::smallint AS grain, day, coalesce(department_id, 0) AS department_id, coalesce(doctor_id, 0) AS doctor_id, state, sum(begun)::bigint AS orders, sum(total_fen)::bigint AS total_fen FROM (
    SELECT 'daily_order' AS subject, (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, hospital_id, department_id, doctor_id, '' AS pay_kind,
      '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled, sum(sign * total_fen)::bigint AS total_fen,
      0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen, 0 AS refunds, 0 AS refunded_fen
    FROM (SELECT *, 1 AS sign FROM orders) s GROUP BY 1, 2, 3, 4, 5, 8) raw
      GROUP BY GROUPING SETS ((hospital_id, day, state), (hospital_id, day, state, department_id), (hospital_id, day, state, department_id, doctor_id)) HAVING (sum(begun) <> 0 OR sum(total_fen) <> 0) UNION ALL SELECT hospital_id, grain, day, department_id, doctor_id, state, -orders, -total_fen FROM daily_order) both_sides
      GROUP BY hospital_id, grain, day, department_id, doctor_id, state HAVING (sum(orders) <> 0 OR sum(total_fen) <> 0)) each ORDER BY hospital_id, grain, day, department_id, doctor_id, state
      ON CONFLICT (hospital_id, grain, day, department_id, doctor_id, state) DO UPDATE SET orders = d.orders + excluded.orders, total_fen = d.total_fen + excluded.total_fen;
    GET DIAGNOSTICS found = ROW_COUNT; wrong := wrong + found;
    INSERT INTO daily_invoice AS d (hospital_id, day, state, invoices, total_fen) SELECT * FROM (SELECT hospital_id, day, state, sum(invoices)::bigint AS invoices, sum(total_fen)::bigint AS total_fen FROM (SELECT hospital_id, day, state, sum(begun)::bigint AS invoices, sum(total_fen)::bigint AS total_fen FROM (
    SELECT 'daily_invoice' AS subject, (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, hospital_id, 0::bigint AS department_id,
      0::bigint AS doctor_id, '' AS pay_kind, '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled,
      sum(sign * total_fen)::bigint AS total_fen, 0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen,
      0 AS refunds, 0 AS refunded_fen
    FROM (SELECT *, 1 AS sign FROM invoice) s GROUP BY 1, 2, 3, 8) raw GROUP BY hospital_id, day, state HAVING (sum(begun) <> 0 OR sum(total_fen) <> 0) UNION ALL SELECT hospital_id, day, state, -invoices, -total_fen FROM daily_invoice) both_sides
      GROUP BY hospital_id, day, state HAVING (sum(invoices) <> 0 OR sum(total_fen) <> 0)) each ORDER BY hospital_id, day, state
      ON CONFLICT (hospital_id, day, state) DO UPDATE SET invoices = d.invoices + excluded.invoices, total_fen = d.total_fen + excluded.total_fen;
    GET DIAGNOSTICS found = ROW_COUNT; wrong := wrong + found;
    DELETE FROM daily_settlement WHERE ctid = ANY (ARRAY(SELECT ctid FROM daily_settlement WHERE begun = 0 AND settled = 0 AND total_fen = 0 AND fund_fen = 0 AND account_fen = 0 AND cash_fen = 0 AND other_fen = 0 AND refunds = 0 AND refunded_fen = 0 FOR UPDATE SKIP LOCKED));
    DELETE FROM daily_order WHERE ctid = ANY (ARRAY(SELECT ctid FROM daily_order WHERE orders = 0 AND total_fen = 0 FOR UPDATE SKIP LOCKED));
    DELETE FROM daily_invoice WHERE ctid = ANY (ARRAY(SELECT ctid FROM daily_invoice WHERE invoices = 0 AND total_fen = 0 FOR UPDATE SKIP LOCKED));
    RETURN wrong;
    END $$;

CREATE FUNCTION invoice_deleted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_invoice' AS subject, (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, hospital_id, 0::bigint AS department_id,
      0::bigint AS doctor_id, '' AS pay_kind, '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled,
      sum(sign * total_fen)::bigint AS total_fen, 0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen,
      0 AS refunds, 0 AS refunded_fen
    FROM (SELECT *, -1 AS sign FROM went) s GROUP BY 1, 2, 3, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION invoice_inserted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_invoice' AS subject, (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, hospital_id, 0::bigint AS department_id,
      0::bigint AS doctor_id, '' AS pay_kind, '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled,
      sum(sign * total_fen)::bigint AS total_fen, 0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen,
      0 AS refunds, 0 AS refunded_fen
    FROM (SELECT *, 1 AS sign FROM came) s GROUP BY 1, 2, 3, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION invoice_truncated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    DELETE FROM daily_invoice; DELETE FROM daily_change WHERE xid = pg_current_xact_id() AND subject = 'daily_invoice';
    RETURN NULL;
    END $$;

CREATE FUNCTION invoice_updated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_invoice' AS subject, (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, hospital_id, 0::bigint AS department_id,
      0::bigint AS doctor_id, '' AS pay_kind, '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled,
      sum(sign * total_fen)::bigint AS total_fen, 0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen,
      0 AS refunds, 0 AS refunded_fen
    FROM (SELECT OLD.*, -1 AS sign UNION ALL SELECT NEW.*, 1) s GROUP BY 1, 2, 3, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION orders_deleted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_order' AS subject, (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, hospital_id, department_id, doctor_id, '' AS pay_kind,
      '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled, sum(sign * total_fen)::bigint AS total_fen,
      0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen, 0 AS refunds, 0 AS refunded_fen
    FROM (SELECT *, -1 AS sign FROM went) s GROUP BY 1, 2, 3, 4, 5, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION orders_inserted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_order' AS subject, (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, hospital_id, department_id, doctor_id, '' AS pay_kind,
      '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled, sum(sign * total_fen)::bigint AS total_fen,
      0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen, 0 AS refunds, 0 AS refunded_fen
    FROM (SELECT *, 1 AS sign FROM came) s GROUP BY 1, 2, 3, 4, 5, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION orders_truncated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    DELETE FROM daily_order; DELETE FROM daily_change WHERE xid = pg_current_xact_id() AND subject = 'daily_order';
    RETURN NULL;
    END $$;

CREATE FUNCTION orders_updated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_order' AS subject, (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, hospital_id, department_id, doctor_id, '' AS pay_kind,
      '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled, sum(sign * total_fen)::bigint AS total_fen,
      0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen, 0 AS refunds, 0 AS refunded_fen
    FROM (SELECT OLD.*, -1 AS sign UNION ALL SELECT NEW.*, 1) s GROUP BY 1, 2, 3, 4, 5, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    IF (OLD.department_id, OLD.doctor_id) IS DISTINCT FROM (NEW.department_id, NEW.doctor_id) THEN
      PERFORM FROM settlement WHERE order_id = NEW.id ORDER BY id FOR UPDATE;
      
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_settlement' AS subject, (told.at AT TIME ZONE 'Asia/Shanghai')::date AS day, s.hospital_id, s.department_id, s.doctor_id, s.pay_kind,
      coalesce(s.insurance_type, '') AS insurance_type, s.state,
      sum(s.sign * told.begun)::bigint AS begun, sum(s.sign * told.settled)::bigint AS settled, sum(s.sign * told.total_fen)::bigint AS total_fen, sum(s.sign * told.fund_fen)::bigint AS fund_fen, sum(s.sign * told.account_fen)::bigint AS account_fen, sum(s.sign * told.cash_fen)::bigint AS cash_fen, sum(s.sign * told.other_fen)::bigint AS other_fen, sum(s.sign * told.refunds)::bigint AS refunds, sum(s.sign * told.refunded_fen)::bigint AS refunded_fen
    FROM (SELECT r.*, o.sign, o.department_id, o.doctor_id FROM settlement r JOIN (
      SELECT OLD.id, -1 AS sign, OLD.department_id, OLD.doctor_id
      UNION ALL SELECT NEW.id, 1, NEW.department_id, NEW.doctor_id) o ON o.id = r.order_id) s CROSS JOIN LATERAL (SELECT * FROM (VALUES
      (s.created_at, 1, 0, 0, 0, 0, 0, 0, 0, 0),
      (CASE WHEN s.paid_fen > 0 THEN s.settled_at END, 0, 1, s.total_fen, coalesce(s.fund_fen, 0),
        coalesce(s.account_fen, 0), coalesce(s.cash_fen, 0), s.other_fen, 0, 0),
      (CASE WHEN s.refunded_fen > s.partly_refunded_fen THEN s.refunded_at END, 0, 0, 0, 0, 0, 0, 0, 1,
        s.refunded_fen - s.partly_refunded_fen)
    ) entire UNION ALL SELECT given_at, 0, 0, 0, 0, 0, 0, 0, 1, amount_fen FROM refund WHERE settlement_id = s.id) AS told (at, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
    WHERE told.at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION refund_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_settlement' AS subject, (r.given_at AT TIME ZONE 'Asia/Shanghai')::date AS day, s.hospital_id, o.department_id, o.doctor_id,
      s.pay_kind, coalesce(s.insurance_type, '') AS insurance_type, s.state, 0 AS begun, 0 AS settled,
      0 AS total_fen, 0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen, sum(r.sign)::bigint AS refunds,
      sum(r.sign * r.amount_fen)::bigint AS refunded_fen
    FROM (SELECT OLD.settlement_id, OLD.given_at, OLD.amount_fen, -1 AS sign
      UNION ALL SELECT NEW.settlement_id, NEW.given_at, NEW.amount_fen, 1) r JOIN settlement s ON s.id = r.settlement_id JOIN orders o ON o.id = s.order_id
    WHERE r.given_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION settlement_deleted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_settlement' AS subject, (told.at AT TIME ZONE 'Asia/Shanghai')::date AS day, s.hospital_id, s.department_id, s.doctor_id, s.pay_kind,
      coalesce(s.insurance_type, '') AS insurance_type, s.state,
      sum(s.sign * told.begun)::bigint AS begun, sum(s.sign * told.settled)::bigint AS settled, sum(s.sign * told.total_fen)::bigint AS total_fen, sum(s.sign * told.fund_fen)::bigint AS fund_fen, sum(s.sign * told.account_fen)::bigint AS account_fen, sum(s.sign * told.cash_fen)::bigint AS cash_fen, sum(s.sign * told.other_fen)::bigint AS other_fen, sum(s.sign * told.refunds)::bigint AS refunds, sum(s.sign * told.refunded_fen)::bigint AS refunded_fen
    FROM (SELECT r.*, o.department_id, o.doctor_id FROM (SELECT *, -1 AS sign FROM went) r JOIN orders o ON o.id = r.order_id) s CROSS JOIN LATERAL (SELECT * FROM (VALUES
      (s.created_at, 1, 0, 0, 0, 0, 0, 0, 0, 0),
      (CASE WHEN s.paid_fen > 0 THEN s.settled_at END, 0, 1, s.total_fen, coalesce(s.fund_fen, 0),
        coalesce(s.account_fen, 0), coalesce(s.cash_fen, 0), s.other_fen, 0, 0),
      (CASE WHEN s.refunded_fen > s.partly_refunded_fen THEN s.refunded_at END, 0, 0, 0, 0, 0, 0, 0, 1,
        s.refunded_fen - s.partly_refunded_fen)
    ) entire UNION ALL SELECT given_at, 0, 0, 0, 0, 0, 0, 0, 1, amount_fen FROM refund WHERE settlement_id = s.id) AS told (at, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
    WHERE told.at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION settlement_inserted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_settlement' AS subject, (told.at AT TIME ZONE 'Asia/Shanghai')::date AS day, s.hospital_id, s.department_id, s.doctor_id, s.pay_kind,
      coalesce(s.insurance_type, '') AS insurance_type, s.state,
      sum(s.sign * told.begun)::bigint AS begun, sum(s.sign * told.settled)::bigint AS settled, sum(s.sign * told.total_fen)::bigint AS total_fen, sum(s.sign * told.fund_fen)::bigint AS fund_fen, sum(s.sign * told.account_fen)::bigint AS account_fen, sum(s.sign * told.cash_fen)::bigint AS cash_fen, sum(s.sign * told.other_fen)::bigint AS other_fen, sum(s.sign * told.refunds)::bigint AS refunds, sum(s.sign * told.refunded_fen)::bigint AS refunded_fen
    FROM (SELECT r.*, o.department_id, o.doctor_id FROM (SELECT *, 1 AS sign FROM came) r JOIN orders o ON o.id = r.order_id) s CROSS JOIN LATERAL (SELECT * FROM (VALUES
      (s.created_at, 1, 0, 0, 0, 0, 0, 0, 0, 0),
      (CASE WHEN s.paid_fen > 0 THEN s.settled_at END, 0, 1, s.total_fen, coalesce(s.fund_fen, 0),
        coalesce(s.account_fen, 0), coalesce(s.cash_fen, 0), s.other_fen, 0, 0),
      (CASE WHEN s.refunded_fen > s.partly_refunded_fen THEN s.refunded_at END, 0, 0, 0, 0, 0, 0, 0, 1,
        s.refunded_fen - s.partly_refunded_fen)
    ) entire UNION ALL SELECT given_at, 0, 0, 0, 0, 0, 0, 0, 1, amount_fen FROM refund WHERE settlement_id = s.id) AS told (at, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
    WHERE told.at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION settlement_truncated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    DELETE FROM daily_settlement; DELETE FROM daily_change WHERE xid = pg_current_xact_id() AND subject = 'daily_settlement';
    RETURN NULL;
    END $$;

CREATE FUNCTION settlement_updated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
    
    INSERT INTO daily_change (xid, subject, day, hospital_id, department_id, doctor_id, pay_kind, insurance_type, state, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
      SELECT pg_current_xact_id(), * FROM (
    SELECT 'daily_settlement' AS subject, (told.at AT TIME ZONE 'Asia/Shanghai')::date AS day, s.hospital_id, s.department_id, s.doctor_id, s.pay_kind,
      coalesce(s.insurance_type, '') AS insurance_type, s.state,
      sum(s.sign * told.begun)::bigint AS begun, sum(s.sign * told.settled)::bigint AS settled, sum(s.sign * told.total_fen)::bigint AS total_fen, sum(s.sign * told.fund_fen)::bigint AS fund_fen, sum(s.sign * told.account_fen)::bigint AS account_fen, sum(s.sign * told.cash_fen)::bigint AS cash_fen, sum(s.sign * told.other_fen)::bigint AS other_fen, sum(s.sign * told.refunds)::bigint AS refunds, sum(s.sign * told.refunded_fen)::bigint AS refunded_fen
    FROM (SELECT r.*, o.department_id, o.doctor_id FROM (SELECT OLD.*, -1 AS sign UNION ALL SELECT NEW.*, 1) r JOIN orders o ON o.id = r.order_id) s CROSS JOIN LATERAL (SELECT * FROM (VALUES
      (s.created_at, 1, 0, 0, 0, 0, 0, 0, 0, 0),
      (CASE WHEN s.paid_fen > 0 THEN s.settled_at END, 0, 1, s.total_fen, coalesce(s.fund_fen, 0),
        coalesce(s.account_fen, 0), coalesce(s.cash_fen, 0), s.other_fen, 0, 0),
      (CASE WHEN s.refunded_fen > s.partly_refunded_fen THEN s.refunded_at END, 0, 0, 0, 0, 0, 0, 0, 1,
        s.refunded_fen - s.partly_refunded_fen)
    ) entire UNION ALL SELECT given_at, 0, 0, 0, 0, 0, 0, 0, 1, amount_fen FROM refund WHERE settlement_id = s.id) AS told (at, begun, settled, total_fen, fund_fen, account_fen, cash_fen, other_fen, refunds, refunded_fen)
    WHERE told.at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) each WHERE (begun <> 0 OR settled <> 0 OR total_fen <> 0 OR fund_fen <> 0 OR account_fen <> 0 OR cash_fen <> 0 OR other_fen <> 0 OR refunds <> 0 OR refunded_fen <> 0);
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;
    RETURN NULL;
    END $$;

CREATE FUNCTION shipment_tell() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('yiqiao_shipment', (to_jsonb(NEW) ->> TG_ARGV[0]));
    RETURN NULL;
END $$;

CREATE TABLE audit_entry (
    id bigint NOT NULL,
    hospital_id bigint,
    subject character varying(64) NOT NULL,
    role character varying(16) NOT NULL,
    action character varying(40) NOT NULL,
    object_type character varying(40) NOT NULL,
    object_id bigint NOT NULL,
    detail jsonb NOT NULL,
    at timestamp with time zone NOT NULL
);

COMMENT ON TABLE audit_entry IS 'Who did what to which object, when and why; never personal data.';

CREATE SEQUENCE audit_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE audit_entry_id_seq OWNED BY audit_entry.id;

CREATE SEQUENCE business_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE callback (
    id bigint NOT NULL,
    platform character varying(24) NOT NULL,
    key character varying(64) NOT NULL,
    verified boolean NOT NULL,
    raw_sealed bytea NOT NULL,
    repeats integer NOT NULL,
    received_at timestamp with time zone NOT NULL,
    settlement_id bigint,
    shipment_id bigint
);

COMMENT ON TABLE callback IS 'What a platform posted to us, sealed and stored once (`key` = SHA-256 of the body) before it is acted on.';

CREATE SEQUENCE callback_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE callback_id_seq OWNED BY callback.id;

CREATE TABLE consultation (
    id bigint NOT NULL,
    visit_number character varying(64) NOT NULL,
    complaint character varying(1000) NOT NULL,
    began_at timestamp with time zone NOT NULL,
    department_id bigint NOT NULL,
    doctor_id bigint NOT NULL,
    hospital_id bigint NOT NULL,
    patient_id bigint NOT NULL
);

COMMENT ON TABLE consultation IS 'An online consultation (问诊); `visit_number` is the HIS''s number of the visit (门诊号).';

CREATE SEQUENCE consultation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE consultation_id_seq OWNED BY consultation.id;

CREATE TABLE consultation_message (
    id bigint NOT NULL,
    key character varying(36) NOT NULL,
    speaker character varying(16) NOT NULL,
    text_sealed bytea NOT NULL,
    said_at timestamp with time zone NOT NULL,
    consultation_id bigint NOT NULL
);

COMMENT ON TABLE consultation_message IS 'What was said in a consultation (问诊记录), sealed for this row by `key`.';

COMMENT ON COLUMN consultation_message.speaker IS 'PATIENT: PATIENT\nDOCTOR: DOCTOR';

CREATE SEQUENCE consultation_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE consultation_message_id_seq OWNED BY consultation_message.id;

CREATE TABLE consultation_upload (
    id bigint NOT NULL,
    state character varying(16) NOT NULL,
    attempts integer NOT NULL,
    message_id character varying(64) NOT NULL,
    request_digest character varying(64) NOT NULL,
    problem_code character varying(40),
    problem_message character varying(500),
    problem_platform character varying(24),
    problem_platform_code character varying(40),
    uploaded_at timestamp with time zone,
    checked_at timestamp with time zone NOT NULL,
    consultation_id bigint NOT NULL
);

COMMENT ON TABLE consultation_upload IS 'The consultation''s record at the insurance (问诊过程数据上传, 4301); written before anything is sent.';

COMMENT ON COLUMN consultation_upload.state IS 'PENDING: PENDING\nSENDING: SENDING\nDONE: DONE\nREFUSED: REFUSED\nUNKNOWN: UNKNOWN\nSKIPPED: SKIPPED';

CREATE SEQUENCE consultation_upload_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE consultation_upload_id_seq OWNED BY consultation_upload.id;

CREATE UNLOGGED TABLE daily_change (
    xid xid8 NOT NULL,
    subject text NOT NULL,
    day date NOT NULL,
    hospital_id bigint NOT NULL,
    department_id bigint NOT NULL,
    doctor_id bigint NOT NULL,
    pay_kind character varying(16) NOT NULL,
    insurance_type character varying(6) NOT NULL,
    state character varying(16) NOT NULL,
    begun bigint NOT NULL,
    settled bigint NOT NULL,
    total_fen bigint NOT NULL,
    fund_fen bigint NOT NULL,
    account_fen bigint NOT NULL,
    cash_fen bigint NOT NULL,
    other_fen bigint NOT NULL,
    refunds bigint NOT NULL,
    refunded_fen bigint NOT NULL
);

CREATE UNLOGGED TABLE daily_due (
    xid xid8 NOT NULL
);

CREATE TABLE daily_invoice (
    hospital_id bigint NOT NULL,
    day date NOT NULL,
    state character varying(16) NOT NULL,
    invoices bigint NOT NULL,
    total_fen bigint NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE daily_order (
    hospital_id bigint NOT NULL,
    grain smallint NOT NULL,
    day date NOT NULL,
    department_id bigint NOT NULL,
    doctor_id bigint NOT NULL,
    state character varying(16) NOT NULL,
    orders bigint NOT NULL,
    total_fen bigint NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE daily_settlement (
    hospital_id bigint NOT NULL,
    grain smallint NOT NULL,
    day date NOT NULL,
    department_id bigint NOT NULL,
    doctor_id bigint NOT NULL,
    pay_kind character varying(16) NOT NULL,
    insurance_type character varying(6) NOT NULL,
    state character varying(16) NOT NULL,
    begun bigint NOT NULL,
    settled bigint NOT NULL,
    total_fen bigint NOT NULL,
    fund_fen bigint NOT NULL,
    account_fen bigint NOT NULL,
    cash_fen bigint NOT NULL,
    other_fen bigint NOT NULL,
    refunds bigint NOT NULL,
    refunded_fen bigint NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE department (
    id bigint NOT NULL,
    code character varying(30) NOT NULL,
    name character varying(100) NOT NULL,
    category character varying(6) NOT NULL,
    hospital_id bigint NOT NULL
);

COMMENT ON TABLE department IS 'A department (科室); `category` is the national department code (科别, caty).';

CREATE SEQUENCE department_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE department_id_seq OWNED BY department.id;

CREATE TABLE doctor (
    id bigint NOT NULL,
    subject character varying(64),
    code character varying(30) NOT NULL,
    name character varying(50) NOT NULL,
    title character varying(50) NOT NULL,
    department_id bigint NOT NULL,
    hospital_id bigint NOT NULL,
    id_number_sealed bytea,
    id_type character varying(6) DEFAULT '01'::character varying NOT NULL
);

COMMENT ON TABLE doctor IS 'A doctor (医师); `code` is the national code (国家医保医师代码), `subject` that of the doctor''s token.';

CREATE TABLE doctor_grant (
    id bigint NOT NULL,
    drug_class character varying(32) NOT NULL,
    valid_until timestamp with time zone,
    doctor_id bigint NOT NULL
);

COMMENT ON TABLE doctor_grant IS 'The hospital lets a doctor prescribe a class (处方权授权), until a moment or for good.';

COMMENT ON COLUMN doctor_grant.drug_class IS 'ORDINARY: ORDINARY\nANTIBACTERIAL_UNRESTRICTED: ANTIBACTERIAL_UNRESTRICTED\nANTIBACTERIAL_RESTRICTED: ANTIBACTERIAL_RESTRICTED\nANTIBACTERIAL_SPECIAL: ANTIBACTERIAL_SPECIAL\nNARCOTIC_PSYCHOTROPIC: NARCOTIC_PSYCHOTROPIC\nHERBAL: HERBAL';

CREATE SEQUENCE doctor_grant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE doctor_grant_id_seq OWNED BY doctor_grant.id;

CREATE SEQUENCE doctor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE doctor_id_seq OWNED BY doctor.id;

CREATE TABLE drug (
    id bigint NOT NULL,
    item_code character varying(20) NOT NULL,
    insurance_code character varying(20) NOT NULL,
    name character varying(50) NOT NULL,
    kind character varying(16) NOT NULL,
    drug_class character varying(32) NOT NULL,
    dosage_form character varying(20) NOT NULL,
    spec character varying(40) NOT NULL,
    unit character varying(20) NOT NULL,
    price numeric(16,6) NOT NULL,
    producer character varying(100) NOT NULL,
    list_type character varying(3) NOT NULL,
    level character varying(3) NOT NULL,
    self_pay_ratio numeric(5,4) NOT NULL,
    limited boolean NOT NULL,
    available boolean NOT NULL,
    hospital_id bigint NOT NULL
);

COMMENT ON TABLE drug IS 'A drug of the hospital''s own list (院内药品目录); imported as the other master data.';

COMMENT ON COLUMN drug.kind IS 'WESTERN: WESTERN\nCHINESE_PATENT: CHINESE_PATENT\nHERBAL: HERBAL\nSERVICE: SERVICE';

COMMENT ON COLUMN drug.drug_class IS 'ORDINARY: ORDINARY\nANTIBACTERIAL_UNRESTRICTED: ANTIBACTERIAL_UNRESTRICTED\nANTIBACTERIAL_RESTRICTED: ANTIBACTERIAL_RESTRICTED\nANTIBACTERIAL_SPECIAL: ANTIBACTERIAL_SPECIAL\nNARCOTIC_PSYCHOTROPIC: NARCOTIC_PSYCHOTROPIC\nHERBAL: HERBAL';

CREATE SEQUENCE drug_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE drug_id_seq OWNED BY drug.id;

CREATE TABLE exchange (
    id bigint NOT NULL,
    platform character varying(24) NOT NULL,
    transaction character varying(40) NOT NULL,
    message_id character varying(64) NOT NULL,
    outcome character varying(16) NOT NULL,
    http_status integer,
    request_digest character varying(64) NOT NULL,
    answer_digest character varying(64),
    raw_sealed bytea,
    started_at timestamp with time zone NOT NULL,
    duration_ms integer NOT NULL,
    settlement_id bigint,
    step_id bigint
);

COMMENT ON TABLE exchange IS 'One exchange with a platform, without its content; `raw_sealed` only where the answer was garbled.';

CREATE SEQUENCE exchange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE exchange_id_seq OWNED BY exchange.id;

CREATE TABLE face_sign_in (
    id bigint NOT NULL,
    signed boolean NOT NULL,
    signed_at timestamp with time zone,
    valid_until timestamp with time zone,
    checked_at timestamp with time zone NOT NULL,
    doctor_id bigint NOT NULL
);

COMMENT ON TABLE face_sign_in IS 'What the platform last told of a doctor''s face sign-in (人脸签到), at `checked_at`.';

CREATE SEQUENCE face_sign_in_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE face_sign_in_id_seq OWNED BY face_sign_in.id;

CREATE TABLE face_sign_in_ticket (
    id bigint NOT NULL,
    message_id character varying(64) NOT NULL,
    ticket_sealed bytea,
    url_sealed bytea,
    expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    doctor_id bigint NOT NULL
);

COMMENT ON TABLE face_sign_in_ticket IS 'A page on which a doctor may sign in by face: its row is the intent, filled when the platform answered.';

CREATE SEQUENCE face_sign_in_ticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE face_sign_in_ticket_id_seq OWNED BY face_sign_in_ticket.id;

CREATE TABLE fee_detail (
    id bigint NOT NULL,
    line_number integer NOT NULL,
    serial character varying(30) NOT NULL,
    prescription_number character varying(64) NOT NULL,
    item_code character varying(150) NOT NULL,
    insurance_code character varying(50) NOT NULL,
    charge_code character varying(2) NOT NULL,
    name character varying(200) NOT NULL,
    spec character varying(200) NOT NULL,
    unit character varying(20) NOT NULL,
    quantity numeric(16,4) NOT NULL,
    price numeric(16,6) NOT NULL,
    amount_fen bigint NOT NULL,
    order_id bigint NOT NULL,
    CONSTRAINT fee_detail_amount_not_negative CHECK ((amount_fen >= 0))
);

COMMENT ON TABLE fee_detail IS 'A fee line (费用明细) as it goes to the insurance platform; `serial` is unique inside one visit.';

CREATE SEQUENCE fee_detail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE fee_detail_id_seq OWNED BY fee_detail.id;

CREATE TABLE hospital (
    id bigint NOT NULL,
    code character varying(12) NOT NULL,
    name character varying(200) NOT NULL,
    area character varying(6) NOT NULL,
    reversal_profile character varying(16) NOT NULL,
    fee_upload_repeatable boolean NOT NULL,
    blocking_severity character varying(16)
);

COMMENT ON TABLE hospital IS 'A designated institution (定点医药机构); `code` is its national number, `area` its region (就医地医保区划).';

COMMENT ON COLUMN hospital.reversal_profile IS 'TENDER: TENDER\nNATIONAL: NATIONAL';

CREATE SEQUENCE hospital_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE hospital_id_seq OWNED BY hospital.id;

CREATE TABLE idempotency_key (
    id bigint NOT NULL,
    subject character varying(64) NOT NULL,
    operation character varying(40) NOT NULL,
    key character varying(100) NOT NULL,
    input_digest character varying(64) NOT NULL,
    object_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    hospital_id bigint NOT NULL
);

COMMENT ON TABLE idempotency_key IS 'The answer that a mutation gave to one key of one person: the same key and input get it again.';

CREATE SEQUENCE idempotency_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE idempotency_key_id_seq OWNED BY idempotency_key.id;

CREATE TABLE insurance_standing (
    id bigint NOT NULL,
    insurance_doctor boolean,
    valid_from timestamp with time zone,
    valid_until timestamp with time zone,
    checked_at timestamp with time zone,
    problem_code character varying(40),
    problem_message character varying(500),
    problem_platform character varying(30),
    problem_platform_code character varying(50),
    doctor_id bigint NOT NULL
);

COMMENT ON TABLE insurance_standing IS 'What 5102 last told of a doctor (医师身份), at `checked_at`; the problem is why the last asking told nothing.';

CREATE SEQUENCE insurance_standing_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE insurance_standing_id_seq OWNED BY insurance_standing.id;

CREATE TABLE insurance_visit (
    id bigint NOT NULL,
    number character varying(20) NOT NULL,
    message_id character varying(64),
    request_digest character varying(64),
    visit_id character varying(30),
    person_number character varying(30) NOT NULL,
    insurance_type character varying(6) NOT NULL,
    insured_area character varying(6) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    consultation_id bigint NOT NULL
);

COMMENT ON TABLE insurance_visit IS 'The consultation as the insurance knows it (医保就诊): 2201 under a `number` of ours gave it a `visit_id`.';

CREATE SEQUENCE insurance_visit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE insurance_visit_id_seq OWNED BY insurance_visit.id;

CREATE TABLE invoice (
    id bigint NOT NULL,
    business_number character varying(50) NOT NULL,
    state character varying(16) NOT NULL,
    total_fen bigint NOT NULL,
    batch_code character varying(50),
    number character varying(50),
    check_code character varying(20),
    public_url character varying(2000),
    red_batch_code character varying(50),
    red_number character varying(50),
    created_at timestamp with time zone NOT NULL,
    issued_at timestamp with time zone,
    red_at timestamp with time zone,
    hospital_id bigint NOT NULL,
    patient_id bigint NOT NULL,
    settlement_id bigint NOT NULL,
    CONSTRAINT invoice_issued_has_number CHECK ((((state)::text = 'ISSUING'::text) OR (number IS NOT NULL))),
    CONSTRAINT invoice_total_positive CHECK ((total_fen > 0))
);

COMMENT ON TABLE invoice IS 'An e-receipt (电子票据); `business_number` is ours and the platform''s idempotency key.';

COMMENT ON COLUMN invoice.state IS 'ISSUING: ISSUING\nISSUED: ISSUED\nRED: RED';

CREATE SEQUENCE invoice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE invoice_id_seq OWNED BY invoice.id;

CREATE SEQUENCE message_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE settlement (
    id bigint NOT NULL,
    number character varying(20) NOT NULL,
    pay_kind character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    direction character varying(16) NOT NULL,
    total_fen bigint NOT NULL,
    fund_fen bigint,
    account_fen bigint,
    cash_fen bigint,
    other_fen bigint NOT NULL,
    paid_fen bigint NOT NULL,
    refunded_fen bigint NOT NULL,
    visit_id character varying(30),
    insurance_type character varying(6),
    pay_order_id character varying(64),
    pay_token_sealed bytea,
    cashier_url_sealed bytea,
    platform_serial character varying(64),
    his_settlement_number character varying(64),
    checkout_url character varying(2000),
    checkout_expires_at timestamp with time zone,
    reversal_reason character varying(200),
    leased_by character varying(36),
    leased_until timestamp with time zone,
    next_run_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    refunded_at timestamp with time zone,
    reversed_at timestamp with time zone,
    version integer NOT NULL,
    hospital_id bigint NOT NULL,
    order_id bigint NOT NULL,
    patient_id bigint NOT NULL,
    cash_serial character varying(64),
    checkout_kind character varying(16) DEFAULT 'PAGE'::character varying NOT NULL,
    checkout_parameters_sealed bytea,
    fees_checked_at timestamp with time zone,
    his_lock_number character varying(64),
    mix_trade_number character varying(64),
    payer_sealed bytea,
    asked_fen bigint DEFAULT 0 NOT NULL,
    partly_refunded_fen bigint DEFAULT 0 NOT NULL,
    CONSTRAINT settlement_never_refunds_more_than_paid CHECK (((refunded_fen >= 0) AND (paid_fen >= 0) AND (refunded_fen <= paid_fen) AND (paid_fen <= total_fen))),
    CONSTRAINT settlement_parts_add_up CHECK (((fund_fen IS NULL) OR (COALESCE((((fund_fen + account_fen) + cash_fen) + other_fen), ('-1'::integer)::bigint) = total_fen))),
    CONSTRAINT settlement_refunds_and_requests_within_paid CHECK (((asked_fen >= 0) AND ((refunded_fen + asked_fen) <= paid_fen) AND ((partly_refunded_fen >= 0) AND (partly_refunded_fen <= refunded_fen)))),
    CONSTRAINT settlement_total_positive CHECK ((total_fen > 0))
);

COMMENT ON TABLE settlement IS 'One attempt to have an order paid. `number` is also medOrgOrd (insurance), settlementNo (HIS), out_trade_no.';

COMMENT ON COLUMN settlement.pay_kind IS 'INSURANCE: INSURANCE\nSELF_PAY: SELF_PAY';

COMMENT ON COLUMN settlement.state IS 'OPENING: OPENING\nAWAITING_PAYMENT: AWAITING_PAYMENT\nCOMPLETING: COMPLETING\nCOMPLETED: COMPLETED\nREVERSING: REVERSING\nREVERSED: REVERSED\nFAILED: FAILED\nATTENTION: ATTENTION';

COMMENT ON COLUMN settlement.direction IS 'SETTLE: SETTLE\nREVERSE: REVERSE\nRELEASE: RELEASE\nREFUND: REFUND';

CREATE TABLE settlement_step (
    id bigint NOT NULL,
    "position" integer NOT NULL,
    kind character varying(24) NOT NULL,
    direction character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    transaction character varying(40),
    attempts integer NOT NULL,
    tries integer NOT NULL,
    message_id character varying(64),
    request_digest character varying(64),
    platform_serial character varying(64),
    problem_code character varying(40),
    problem_message character varying(500),
    problem_platform character varying(24),
    problem_platform_code character varying(40),
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    settlement_id bigint NOT NULL,
    CONSTRAINT step_attempts_not_negative CHECK ((attempts >= 0))
);

COMMENT ON TABLE settlement_step IS 'One step of a settlement. `message_id` and `request_digest` are committed before anything is sent.';

COMMENT ON COLUMN settlement_step.kind IS 'REGISTRATION: REGISTRATION\nFEE_DETAILS: FEE_DETAILS\nPREVIEW: PREVIEW\nCHECKOUT: CHECKOUT\nRESULT: RESULT\nHIS_CONFIRMATION: HIS_CONFIRMATION\nINVOICE: INVOICE\nREVERSE_REGISTRATION: REVERSE_REGISTRATION\nREVERSE_FEE_DETAILS: REVERSE_FEE_DETAILS\nREVERSE_SETTLEMENT: REVERSE_SETTLEMENT\nHIS_CANCELLATION: HIS_CANCELLATION\nRED_INVOICE: RED_INVOICE';

COMMENT ON COLUMN settlement_step.direction IS 'SETTLE: SETTLE\nREVERSE: REVERSE\nRELEASE: RELEASE\nREFUND: REFUND';

COMMENT ON COLUMN settlement_step.state IS 'PENDING: PENDING\nSENDING: SENDING\nDONE: DONE\nREFUSED: REFUSED\nUNKNOWN: UNKNOWN\nSKIPPED: SKIPPED';

CREATE VIEW missing_invoice AS
 SELECT s.id,
    s.hospital_id,
    s.id AS settlement_id,
    b.kind AS step,
    b.problem_code,
    b.problem_message,
    b.problem_platform,
    b.problem_platform_code,
    COALESCE(s.settled_at, s.created_at) AS created_at
   FROM ((settlement_step k
     JOIN settlement s ON (((s.id = k.settlement_id) AND ((s.direction)::text = (k.direction)::text))))
     CROSS JOIN LATERAL ( SELECT settlement_step.id,
            settlement_step."position",
            settlement_step.kind,
            settlement_step.direction,
            settlement_step.state,
            settlement_step.transaction,
            settlement_step.attempts,
            settlement_step.tries,
            settlement_step.message_id,
            settlement_step.request_digest,
            settlement_step.platform_serial,
            settlement_step.problem_code,
            settlement_step.problem_message,
            settlement_step.problem_platform,
            settlement_step.problem_platform_code,
            settlement_step.started_at,
            settlement_step.finished_at,
            settlement_step.settlement_id
           FROM settlement_step
          WHERE ((settlement_step.settlement_id = s.id) AND ((settlement_step.direction)::text = (s.direction)::text) AND ((settlement_step.state)::text <> ALL (ARRAY[('DONE'::character varying)::text, ('SKIPPED'::character varying)::text])))
          ORDER BY settlement_step."position"
         LIMIT 1) b)
  WHERE (((k.kind)::text = 'INVOICE'::text) AND ((k.state)::text <> ALL (ARRAY[('DONE'::character varying)::text, ('SKIPPED'::character varying)::text])) AND ((s.direction)::text = ANY (ARRAY[('SETTLE'::character varying)::text, ('REFUND'::character varying)::text])) AND (s.paid_fen > 0) AND (NOT (EXISTS ( SELECT
           FROM invoice i
          WHERE ((i.settlement_id = s.id) AND ((i.state)::text = 'ISSUED'::text))))));

CREATE TABLE orders (
    id bigint NOT NULL,
    number character varying(20) NOT NULL,
    state character varying(16) NOT NULL,
    total_fen bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    consultation_id bigint NOT NULL,
    department_id bigint NOT NULL,
    doctor_id bigint NOT NULL,
    hospital_id bigint NOT NULL,
    patient_id bigint NOT NULL,
    refunded_fen bigint DEFAULT 0 NOT NULL,
    CONSTRAINT order_refunded_within_total CHECK (((refunded_fen >= 0) AND (refunded_fen <= total_fen))),
    CONSTRAINT order_total_positive CHECK ((total_fen > 0))
);

COMMENT ON TABLE orders IS 'An order (订单) of one visit: one or several prescriptions of a patient.';

COMMENT ON COLUMN orders.state IS 'OPEN: OPEN\nSETTLING: SETTLING\nSETTLED: SETTLED\nREFUNDED: REFUNDED\nEXPIRED: EXPIRED\nSTALE: STALE';

CREATE SEQUENCE orders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE orders_id_seq OWNED BY orders.id;

CREATE TABLE patient (
    id bigint NOT NULL,
    subject character varying(64) NOT NULL,
    his_patient_id character varying(64) NOT NULL,
    name_sealed bytea NOT NULL,
    name_masked character varying(50) NOT NULL,
    id_type character varying(6) NOT NULL,
    id_number_sealed bytea NOT NULL,
    id_number_masked character varying(50) NOT NULL,
    id_number_index character varying(64) NOT NULL,
    phone_sealed bytea NOT NULL,
    phone_masked character varying(20) NOT NULL,
    gender character varying(1) NOT NULL,
    birth_date date NOT NULL,
    person_number character varying(30),
    person_number_masked character varying(30),
    insurance_type character varying(6),
    insured_area character varying(6),
    insurance_status character varying(6),
    insurance_balance_fen bigint,
    insurance_checked_at timestamp with time zone,
    benefit_enjoyed boolean,
    benefit_reason character varying(500),
    benefit_checked_at timestamp with time zone,
    authorization_sealed bytea,
    authorization_expires_at timestamp with time zone,
    authorization_checked_at timestamp with time zone,
    authorization_asked_at timestamp with time zone,
    hospital_id bigint NOT NULL
);

COMMENT ON TABLE patient IS 'A patient of one hospital. `*_sealed` is AES-256-GCM (app/sealing.py); `*_masked` is what people see.';

CREATE SEQUENCE patient_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE patient_id_seq OWNED BY patient.id;

CREATE TABLE pharmacist (
    id bigint NOT NULL,
    subject character varying(64),
    code character varying(20) NOT NULL,
    name character varying(50) NOT NULL,
    title character varying(20) NOT NULL,
    licence character varying(50) NOT NULL,
    department_id bigint NOT NULL,
    hospital_id bigint NOT NULL
);

COMMENT ON TABLE pharmacist IS 'A pharmacist (药师); `code` is the national code (国家医保药师代码), `subject` that of the pharmacist''s token.';

CREATE SEQUENCE pharmacist_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE pharmacist_id_seq OWNED BY pharmacist.id;

CREATE TABLE prescribing_right (
    id bigint NOT NULL,
    allowed boolean NOT NULL,
    classes character varying(200) NOT NULL,
    reason_code character varying(40),
    checked_at timestamp with time zone NOT NULL,
    doctor_id bigint NOT NULL
);

COMMENT ON TABLE prescribing_right IS 'What a doctor might prescribe at `checked_at` (处方权); `classes` are joined by commas.';

CREATE SEQUENCE prescribing_right_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE prescribing_right_id_seq OWNED BY prescribing_right.id;

CREATE TABLE prescription (
    id bigint NOT NULL,
    number character varying(64) NOT NULL,
    kind character varying(16) NOT NULL,
    diagnoses jsonb NOT NULL,
    total_fen bigint NOT NULL,
    fee_digest character varying(64) NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    consultation_id bigint NOT NULL,
    hospital_id bigint NOT NULL,
    order_id bigint,
    advised_at timestamp with time zone,
    approved boolean,
    audited_at timestamp with time zone,
    blocked boolean,
    cancellation_reason character varying(200),
    cancelled_at timestamp with time zone,
    dose numeric(16,2),
    dose_unit character varying(20),
    doses integer,
    frequency_code character varying(20),
    frequency_name character varying(40),
    instructions character varying(400),
    insurance_number character varying(30),
    insurance_state character varying(16),
    leased_by character varying(36),
    leased_until timestamp with time zone,
    next_run_at timestamp with time zone,
    pharmacist_id bigint,
    rejection_reason character varying(500),
    replaces_id bigint,
    state character varying(16),
    trace_code character varying(20),
    uploaded_at timestamp with time zone,
    valid_days integer,
    version integer DEFAULT 0 NOT NULL,
    way_code character varying(20),
    way_name character varying(40),
    created_at timestamp with time zone NOT NULL,
    patient_id bigint NOT NULL,
    doctor_id bigint NOT NULL,
    payment_checked_at timestamp with time zone,
    payment_dispense_state character varying(16),
    payment_fees_changed boolean,
    payment_paid_at timestamp with time zone,
    payment_state character varying(24),
    CONSTRAINT prescription_total_not_negative CHECK ((total_fen >= 0)),
    CONSTRAINT prescription_written_or_ordered CHECK (((order_id IS NOT NULL) OR (state IS NOT NULL)))
);

COMMENT ON TABLE prescription IS 'A prescription or charge sheet (处方); `fee_digest` is the HIS''s fingerprint of its lines.';

COMMENT ON COLUMN prescription.kind IS 'WESTERN: WESTERN\nCHINESE_PATENT: CHINESE_PATENT\nHERBAL: HERBAL\nSERVICE: SERVICE';

CREATE TABLE prescription_hint (
    id bigint NOT NULL,
    number character varying(50) NOT NULL,
    rule_code character varying(50) NOT NULL,
    rule_name character varying(200) NOT NULL,
    content character varying(500) NOT NULL,
    severity character varying(16) NOT NULL,
    severity_code character varying(3) NOT NULL,
    evidence character varying(500),
    amount_fen bigint,
    blocking boolean NOT NULL,
    serials jsonb NOT NULL,
    prescription_id bigint NOT NULL
);

COMMENT ON TABLE prescription_hint IS 'What the platform remarked before the prescription was uploaded (事前提醒, 3101); the newest advice alone.';

COMMENT ON COLUMN prescription_hint.severity IS 'VIOLATION: VIOLATION\nSUSPECT: SUSPECT\nNOTICE: NOTICE\nUNKNOWN: UNKNOWN';

CREATE SEQUENCE prescription_hint_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE prescription_hint_id_seq OWNED BY prescription_hint.id;

CREATE SEQUENCE prescription_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE prescription_id_seq OWNED BY prescription.id;

CREATE TABLE prescription_item (
    id bigint NOT NULL,
    serial character varying(64) NOT NULL,
    item_code character varying(150) NOT NULL,
    insurance_code character varying(50) NOT NULL,
    name character varying(200) NOT NULL,
    spec character varying(200) NOT NULL,
    unit character varying(20) NOT NULL,
    quantity numeric(16,4) NOT NULL,
    price numeric(16,6) NOT NULL,
    amount_fen bigint NOT NULL,
    usage character varying(200),
    prescription_id bigint NOT NULL,
    approval character varying(1),
    begins_at timestamp with time zone,
    days integer,
    dosage_form character varying(30),
    dose numeric(16,4),
    dose_unit character varying(20),
    drug_id bigint,
    footnote character varying(200),
    frequency_code character varying(10),
    frequency_name character varying(30),
    producer character varying(100),
    way_code character varying(10),
    way_name character varying(100),
    CONSTRAINT prescription_item_amount_not_negative CHECK ((amount_fen >= 0))
);

COMMENT ON TABLE prescription_item IS 'One line of a prescription; `quantity` and `price` are exact decimals, `amount_fen` is what it costs.';

CREATE SEQUENCE prescription_item_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE prescription_item_id_seq OWNED BY prescription_item.id;

CREATE TABLE prescription_review (
    id bigint NOT NULL,
    verdict character varying(16),
    opinion character varying(2000),
    pharmacist_code character varying(20),
    pharmacist_name character varying(50),
    reviewed_at timestamp with time zone,
    checked_at timestamp with time zone NOT NULL,
    prescription_id bigint NOT NULL
);

COMMENT ON TABLE prescription_review IS 'What the platform''s pharmacist said (审方结果, D006), at `checked_at`; no verdict: nobody reviewed it yet.';

COMMENT ON COLUMN prescription_review.verdict IS 'APPROVED: APPROVED\nREJECTED: REJECTED';

CREATE SEQUENCE prescription_review_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE prescription_review_id_seq OWNED BY prescription_review.id;

CREATE TABLE prescription_signature (
    id bigint NOT NULL,
    document_sealed bytea NOT NULL,
    digest text NOT NULL,
    certificate_serial character varying(200) NOT NULL,
    certificate_subject character varying(500) NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    prescription_id bigint NOT NULL
);

COMMENT ON TABLE prescription_signature IS 'The signed prescription (医保电子签名, D002) until it is uploaded; `document_sealed` is the signed PDF.';

CREATE SEQUENCE prescription_signature_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE prescription_signature_id_seq OWNED BY prescription_signature.id;

CREATE TABLE prescription_step (
    id bigint NOT NULL,
    "position" integer NOT NULL,
    kind character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    transaction character varying(40),
    attempts integer NOT NULL,
    tries integer NOT NULL,
    message_id character varying(64),
    request_digest character varying(64),
    problem_code character varying(40),
    problem_message character varying(500),
    problem_platform character varying(24),
    problem_platform_code character varying(40),
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    prescription_id bigint NOT NULL,
    CONSTRAINT prescription_step_attempts_not_negative CHECK ((attempts >= 0))
);

COMMENT ON TABLE prescription_step IS 'One step of an upload. `message_id` and `request_digest` are committed before anything is sent.';

COMMENT ON COLUMN prescription_step.kind IS 'VISIT: VISIT\nCHECK: CHECK\nREVIEW: REVIEW\nSIGNATURE: SIGNATURE\nUPLOAD: UPLOAD\nCANCELLATION: CANCELLATION';

COMMENT ON COLUMN prescription_step.state IS 'PENDING: PENDING\nSENDING: SENDING\nDONE: DONE\nREFUSED: REFUSED\nUNKNOWN: UNKNOWN\nSKIPPED: SKIPPED';

CREATE SEQUENCE prescription_step_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE prescription_step_id_seq OWNED BY prescription_step.id;

CREATE TABLE prescription_taking (
    id bigint NOT NULL,
    state character varying(16) NOT NULL,
    use character varying(16) NOT NULL,
    use_name character varying(50) NOT NULL,
    settled_at timestamp with time zone,
    drugs jsonb NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    prescription_id bigint NOT NULL
);

COMMENT ON TABLE prescription_taking IS 'What became of a prescription at the pharmacies (取药结果, D007), at `checked_at`.';

COMMENT ON COLUMN prescription_taking.state IS 'VALID: VALID\nEXPIRED: EXPIRED\nREVOKED: REVOKED\nVOIDED: VOIDED';

COMMENT ON COLUMN prescription_taking.use IS 'UNUSED: UNUSED\nPARTLY_USED: PARTLY_USED\nUSED: USED';

CREATE SEQUENCE prescription_taking_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE prescription_taking_id_seq OWNED BY prescription_taking.id;

CREATE TABLE refund (
    id bigint NOT NULL,
    number character varying(20) NOT NULL,
    state character varying(16) NOT NULL,
    amount_fen bigint NOT NULL,
    reason character varying(200) NOT NULL,
    by_patient boolean NOT NULL,
    requested_by character varying(64) NOT NULL,
    decided_by character varying(64),
    rejection_reason character varying(200),
    problem_code character varying(40),
    problem_message character varying(500),
    problem_platform character varying(24),
    problem_platform_code character varying(40),
    created_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    given_at timestamp with time zone,
    finished_at timestamp with time zone,
    hospital_id bigint NOT NULL,
    patient_id bigint NOT NULL,
    settlement_id bigint NOT NULL,
    CONSTRAINT refund_amount_positive CHECK ((amount_fen > 0)),
    CONSTRAINT refund_decided_by_another CHECK (((decided_by)::text <> (requested_by)::text))
);

COMMENT ON TABLE refund IS 'A refund (退费) of some lines of a settlement; two people decide it: whoever asks does not approve.';

COMMENT ON COLUMN refund.state IS 'REQUESTED: REQUESTED\nREJECTED: REJECTED\nDOING: DOING\nDONE: DONE\nFAILED: FAILED\nATTENTION: ATTENTION';

CREATE SEQUENCE refund_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE refund_id_seq OWNED BY refund.id;

CREATE TABLE refund_line (
    id bigint NOT NULL,
    quantity numeric(16,4) NOT NULL,
    amount_fen bigint NOT NULL,
    fee_detail_id bigint NOT NULL,
    refund_id bigint NOT NULL,
    CONSTRAINT refund_line_gives_something_back CHECK (((amount_fen > 0) AND (quantity >= (0)::numeric)))
);

COMMENT ON TABLE refund_line IS 'How much of a fee line is given back; a part of the money alone leaves the quantity at 0.';

CREATE SEQUENCE refund_line_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE refund_line_id_seq OWNED BY refund_line.id;

CREATE TABLE report_export (
    id bigint NOT NULL,
    subject character varying(64) NOT NULL,
    role character varying(16) NOT NULL,
    language smallint NOT NULL,
    kind character varying(16) NOT NULL,
    format character varying(8) NOT NULL,
    filters jsonb NOT NULL,
    sort character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    attempt integer NOT NULL,
    leased_until timestamp with time zone,
    rows_done integer NOT NULL,
    rows_total integer,
    size_bytes bigint,
    problem_code character varying(40),
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone,
    hospital_id bigint NOT NULL
);

COMMENT ON TABLE report_export IS 'An export (导出). `filters` has the stored values; only the attempt whose number it is may write it.';

COMMENT ON COLUMN report_export.kind IS 'ORDERS: ORDERS\nSETTLEMENTS: SETTLEMENTS\nPAYMENTS: PAYMENTS';

COMMENT ON COLUMN report_export.format IS 'CSV: CSV\nXLSX: XLSX';

COMMENT ON COLUMN report_export.sort IS 'CREATED_DESC: CREATED_DESC\nCREATED_ASC: CREATED_ASC\nAMOUNT_DESC: AMOUNT_DESC\nAMOUNT_ASC: AMOUNT_ASC';

COMMENT ON COLUMN report_export.state IS 'QUEUED: QUEUED\nRUNNING: RUNNING\nDONE: DONE\nFAILED: FAILED';

CREATE TABLE report_export_chunk (
    id bigint NOT NULL,
    attempt integer NOT NULL,
    "position" integer NOT NULL,
    content bytea NOT NULL,
    export_id bigint NOT NULL
);

COMMENT ON TABLE report_export_chunk IS 'A piece of an export''s file, as one attempt wrote it.';

CREATE SEQUENCE report_export_chunk_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE report_export_chunk_id_seq OWNED BY report_export_chunk.id;

CREATE SEQUENCE report_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE report_export_id_seq OWNED BY report_export.id;

CREATE SEQUENCE settlement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE settlement_id_seq OWNED BY settlement.id;

CREATE SEQUENCE settlement_step_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE settlement_step_id_seq OWNED BY settlement_step.id;

CREATE TABLE shipment (
    id bigint NOT NULL,
    carrier character varying(30) NOT NULL,
    waybill_number character varying(32) NOT NULL,
    state character varying(24) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    checked_at timestamp with time zone,
    hospital_id bigint NOT NULL,
    order_id bigint NOT NULL,
    asked_at timestamp with time zone,
    next_run_at timestamp with time zone,
    phone_tail_sealed bytea,
    prescription_id bigint,
    problem_code character varying(40),
    problem_message character varying(500),
    problem_platform character varying(24),
    problem_platform_code character varying(40),
    state_at timestamp with time zone,
    subscribed_at timestamp with time zone
);

COMMENT ON TABLE shipment IS 'A parcel (物流); one waybill of one carrier exists once.';

COMMENT ON COLUMN shipment.state IS 'CREATED: CREATED\nPICKED_UP: PICKED_UP\nPICKUP_FAILED: PICKUP_FAILED\nIN_TRANSIT: IN_TRANSIT\nOUT_FOR_DELIVERY: OUT_FOR_DELIVERY\nSIGNED: SIGNED\nEXCEPTION: EXCEPTION\nRETURNING: RETURNING\nRETURNED: RETURNED\nCANCELLED: CANCELLED';

CREATE SEQUENCE shipment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE shipment_id_seq OWNED BY shipment.id;

CREATE TABLE shipment_node (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    state character varying(24) NOT NULL,
    raw_code character varying(20) NOT NULL,
    text character varying(500) NOT NULL,
    location character varying(200),
    shipment_id bigint NOT NULL
);

COMMENT ON TABLE shipment_node IS 'One event of a parcel; the same (time, raw code, text) is the same event.';

COMMENT ON COLUMN shipment_node.state IS 'CREATED: CREATED\nPICKED_UP: PICKED_UP\nPICKUP_FAILED: PICKUP_FAILED\nIN_TRANSIT: IN_TRANSIT\nOUT_FOR_DELIVERY: OUT_FOR_DELIVERY\nSIGNED: SIGNED\nEXCEPTION: EXCEPTION\nRETURNING: RETURNING\nRETURNED: RETURNED\nCANCELLED: CANCELLED';

CREATE SEQUENCE shipment_node_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE shipment_node_id_seq OWNED BY shipment_node.id;

CREATE TABLE shipment_upload (
    id bigint NOT NULL,
    target character varying(16) NOT NULL,
    number character varying(40) NOT NULL,
    state character varying(16) NOT NULL,
    shipment_state character varying(24),
    told_state character varying(24),
    message_id character varying(64),
    request_digest character varying(64),
    attempts integer NOT NULL,
    tries integer NOT NULL,
    leased_until timestamp with time zone,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    problem_code character varying(40),
    problem_message character varying(500),
    problem_platform character varying(24),
    problem_platform_code character varying(40),
    shipment_id bigint NOT NULL
);

COMMENT ON TABLE shipment_upload IS 'What somebody was told of a parcel, and what is being told: the intent is committed before anything is sent.';

COMMENT ON COLUMN shipment_upload.target IS 'INSURANCE: INSURANCE\nWECHAT: WECHAT';

COMMENT ON COLUMN shipment_upload.state IS 'PENDING: PENDING\nSENDING: SENDING\nDONE: DONE\nREFUSED: REFUSED\nUNKNOWN: UNKNOWN\nSKIPPED: SKIPPED';

COMMENT ON COLUMN shipment_upload.shipment_state IS 'CREATED: CREATED\nPICKED_UP: PICKED_UP\nPICKUP_FAILED: PICKUP_FAILED\nIN_TRANSIT: IN_TRANSIT\nOUT_FOR_DELIVERY: OUT_FOR_DELIVERY\nSIGNED: SIGNED\nEXCEPTION: EXCEPTION\nRETURNING: RETURNING\nRETURNED: RETURNED\nCANCELLED: CANCELLED';

COMMENT ON COLUMN shipment_upload.told_state IS 'CREATED: CREATED\nPICKED_UP: PICKED_UP\nPICKUP_FAILED: PICKUP_FAILED\nIN_TRANSIT: IN_TRANSIT\nOUT_FOR_DELIVERY: OUT_FOR_DELIVERY\nSIGNED: SIGNED\nEXCEPTION: EXCEPTION\nRETURNING: RETURNING\nRETURNED: RETURNED\nCANCELLED: CANCELLED';

CREATE SEQUENCE shipment_upload_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE shipment_upload_id_seq OWNED BY shipment_upload.id;

CREATE TABLE tortoise_migrations (
    id integer NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied_at timestamp with time zone NOT NULL
);

CREATE SEQUENCE tortoise_migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE tortoise_migrations_id_seq OWNED BY tortoise_migrations.id;

ALTER TABLE ONLY audit_entry ALTER COLUMN id SET DEFAULT nextval('audit_entry_id_seq'::regclass);

ALTER TABLE ONLY callback ALTER COLUMN id SET DEFAULT nextval('callback_id_seq'::regclass);

ALTER TABLE ONLY consultation ALTER COLUMN id SET DEFAULT nextval('consultation_id_seq'::regclass);

ALTER TABLE ONLY consultation_message ALTER COLUMN id SET DEFAULT nextval('consultation_message_id_seq'::regclass);

ALTER TABLE ONLY consultation_upload ALTER COLUMN id SET DEFAULT nextval('consultation_upload_id_seq'::regclass);

ALTER TABLE ONLY department ALTER COLUMN id SET DEFAULT nextval('department_id_seq'::regclass);

ALTER TABLE ONLY doctor ALTER COLUMN id SET DEFAULT nextval('doctor_id_seq'::regclass);

ALTER TABLE ONLY doctor_grant ALTER COLUMN id SET DEFAULT nextval('doctor_grant_id_seq'::regclass);

ALTER TABLE ONLY drug ALTER COLUMN id SET DEFAULT nextval('drug_id_seq'::regclass);

ALTER TABLE ONLY exchange ALTER COLUMN id SET DEFAULT nextval('exchange_id_seq'::regclass);

ALTER TABLE ONLY face_sign_in ALTER COLUMN id SET DEFAULT nextval('face_sign_in_id_seq'::regclass);

ALTER TABLE ONLY face_sign_in_ticket ALTER COLUMN id SET DEFAULT nextval('face_sign_in_ticket_id_seq'::regclass);

ALTER TABLE ONLY fee_detail ALTER COLUMN id SET DEFAULT nextval('fee_detail_id_seq'::regclass);

ALTER TABLE ONLY hospital ALTER COLUMN id SET DEFAULT nextval('hospital_id_seq'::regclass);

ALTER TABLE ONLY idempotency_key ALTER COLUMN id SET DEFAULT nextval('idempotency_key_id_seq'::regclass);

ALTER TABLE ONLY insurance_standing ALTER COLUMN id SET DEFAULT nextval('insurance_standing_id_seq'::regclass);

ALTER TABLE ONLY insurance_visit ALTER COLUMN id SET DEFAULT nextval('insurance_visit_id_seq'::regclass);

ALTER TABLE ONLY invoice ALTER COLUMN id SET DEFAULT nextval('invoice_id_seq'::regclass);

ALTER TABLE ONLY orders ALTER COLUMN id SET DEFAULT nextval('orders_id_seq'::regclass);

ALTER TABLE ONLY patient ALTER COLUMN id SET DEFAULT nextval('patient_id_seq'::regclass);

ALTER TABLE ONLY pharmacist ALTER COLUMN id SET DEFAULT nextval('pharmacist_id_seq'::regclass);

ALTER TABLE ONLY prescribing_right ALTER COLUMN id SET DEFAULT nextval('prescribing_right_id_seq'::regclass);

ALTER TABLE ONLY prescription ALTER COLUMN id SET DEFAULT nextval('prescription_id_seq'::regclass);

ALTER TABLE ONLY prescription_hint ALTER COLUMN id SET DEFAULT nextval('prescription_hint_id_seq'::regclass);

ALTER TABLE ONLY prescription_item ALTER COLUMN id SET DEFAULT nextval('prescription_item_id_seq'::regclass);

ALTER TABLE ONLY prescription_review ALTER COLUMN id SET DEFAULT nextval('prescription_review_id_seq'::regclass);

ALTER TABLE ONLY prescription_signature ALTER COLUMN id SET DEFAULT nextval('prescription_signature_id_seq'::regclass);

ALTER TABLE ONLY prescription_step ALTER COLUMN id SET DEFAULT nextval('prescription_step_id_seq'::regclass);

ALTER TABLE ONLY prescription_taking ALTER COLUMN id SET DEFAULT nextval('prescription_taking_id_seq'::regclass);

ALTER TABLE ONLY refund ALTER COLUMN id SET DEFAULT nextval('refund_id_seq'::regclass);

ALTER TABLE ONLY refund_line ALTER COLUMN id SET DEFAULT nextval('refund_line_id_seq'::regclass);

ALTER TABLE ONLY report_export ALTER COLUMN id SET DEFAULT nextval('report_export_id_seq'::regclass);

ALTER TABLE ONLY report_export_chunk ALTER COLUMN id SET DEFAULT nextval('report_export_chunk_id_seq'::regclass);

ALTER TABLE ONLY settlement ALTER COLUMN id SET DEFAULT nextval('settlement_id_seq'::regclass);

ALTER TABLE ONLY settlement_step ALTER COLUMN id SET DEFAULT nextval('settlement_step_id_seq'::regclass);

ALTER TABLE ONLY shipment ALTER COLUMN id SET DEFAULT nextval('shipment_id_seq'::regclass);

ALTER TABLE ONLY shipment_node ALTER COLUMN id SET DEFAULT nextval('shipment_node_id_seq'::regclass);

ALTER TABLE ONLY shipment_upload ALTER COLUMN id SET DEFAULT nextval('shipment_upload_id_seq'::regclass);

ALTER TABLE ONLY tortoise_migrations ALTER COLUMN id SET DEFAULT nextval('tortoise_migrations_id_seq'::regclass);

ALTER TABLE ONLY audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY callback
    ADD CONSTRAINT callback_pkey PRIMARY KEY (id);

ALTER TABLE ONLY consultation_message
    ADD CONSTRAINT consultation_message_key_key UNIQUE (key);

ALTER TABLE ONLY consultation_message
    ADD CONSTRAINT consultation_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY consultation
    ADD CONSTRAINT consultation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY consultation_upload
    ADD CONSTRAINT consultation_upload_consultation_id_key UNIQUE (consultation_id);

ALTER TABLE ONLY consultation_upload
    ADD CONSTRAINT consultation_upload_pkey PRIMARY KEY (id);

ALTER TABLE ONLY daily_due
    ADD CONSTRAINT daily_due_pkey PRIMARY KEY (xid);

ALTER TABLE ONLY daily_invoice
    ADD CONSTRAINT daily_invoice_pkey PRIMARY KEY (hospital_id, day, state);

ALTER TABLE ONLY daily_order
    ADD CONSTRAINT daily_order_pkey PRIMARY KEY (hospital_id, grain, day, department_id, doctor_id, state);

ALTER TABLE ONLY daily_settlement
    ADD CONSTRAINT daily_settlement_pkey PRIMARY KEY (hospital_id, grain, day, department_id, doctor_id, pay_kind, insurance_type, state);

ALTER TABLE ONLY department
    ADD CONSTRAINT department_pkey PRIMARY KEY (id);

ALTER TABLE ONLY doctor_grant
    ADD CONSTRAINT doctor_grant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY doctor
    ADD CONSTRAINT doctor_pkey PRIMARY KEY (id);

ALTER TABLE ONLY doctor
    ADD CONSTRAINT doctor_subject_key UNIQUE (subject);

ALTER TABLE ONLY drug
    ADD CONSTRAINT drug_pkey PRIMARY KEY (id);

ALTER TABLE ONLY exchange
    ADD CONSTRAINT exchange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY face_sign_in
    ADD CONSTRAINT face_sign_in_doctor_id_key UNIQUE (doctor_id);

ALTER TABLE ONLY face_sign_in
    ADD CONSTRAINT face_sign_in_pkey PRIMARY KEY (id);

ALTER TABLE ONLY face_sign_in_ticket
    ADD CONSTRAINT face_sign_in_ticket_message_id_key UNIQUE (message_id);

ALTER TABLE ONLY face_sign_in_ticket
    ADD CONSTRAINT face_sign_in_ticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY fee_detail
    ADD CONSTRAINT fee_detail_pkey PRIMARY KEY (id);

ALTER TABLE ONLY hospital
    ADD CONSTRAINT hospital_code_key UNIQUE (code);

ALTER TABLE ONLY hospital
    ADD CONSTRAINT hospital_pkey PRIMARY KEY (id);

ALTER TABLE ONLY idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY insurance_standing
    ADD CONSTRAINT insurance_standing_doctor_id_key UNIQUE (doctor_id);

ALTER TABLE ONLY insurance_standing
    ADD CONSTRAINT insurance_standing_pkey PRIMARY KEY (id);

ALTER TABLE ONLY insurance_visit
    ADD CONSTRAINT insurance_visit_consultation_id_key UNIQUE (consultation_id);

ALTER TABLE ONLY insurance_visit
    ADD CONSTRAINT insurance_visit_number_key UNIQUE (number);

ALTER TABLE ONLY insurance_visit
    ADD CONSTRAINT insurance_visit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY invoice
    ADD CONSTRAINT invoice_business_number_key UNIQUE (business_number);

ALTER TABLE ONLY invoice
    ADD CONSTRAINT invoice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY orders
    ADD CONSTRAINT orders_number_key UNIQUE (number);

ALTER TABLE ONLY orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);

ALTER TABLE ONLY patient
    ADD CONSTRAINT patient_pkey PRIMARY KEY (id);

ALTER TABLE ONLY patient
    ADD CONSTRAINT patient_subject_key UNIQUE (subject);

ALTER TABLE ONLY pharmacist
    ADD CONSTRAINT pharmacist_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pharmacist
    ADD CONSTRAINT pharmacist_subject_key UNIQUE (subject);

ALTER TABLE ONLY prescribing_right
    ADD CONSTRAINT prescribing_right_doctor_id_key UNIQUE (doctor_id);

ALTER TABLE ONLY prescribing_right
    ADD CONSTRAINT prescribing_right_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescription_hint
    ADD CONSTRAINT prescription_hint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescription_item
    ADD CONSTRAINT prescription_item_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescription
    ADD CONSTRAINT prescription_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescription_review
    ADD CONSTRAINT prescription_review_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescription_review
    ADD CONSTRAINT prescription_review_prescription_id_key UNIQUE (prescription_id);

ALTER TABLE ONLY prescription_signature
    ADD CONSTRAINT prescription_signature_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescription_signature
    ADD CONSTRAINT prescription_signature_prescription_id_key UNIQUE (prescription_id);

ALTER TABLE ONLY prescription_step
    ADD CONSTRAINT prescription_step_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescription_taking
    ADD CONSTRAINT prescription_taking_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prescription_taking
    ADD CONSTRAINT prescription_taking_prescription_id_key UNIQUE (prescription_id);

ALTER TABLE ONLY refund_line
    ADD CONSTRAINT refund_line_pkey PRIMARY KEY (id);

ALTER TABLE ONLY refund
    ADD CONSTRAINT refund_number_key UNIQUE (number);

ALTER TABLE ONLY refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (id);

ALTER TABLE ONLY report_export_chunk
    ADD CONSTRAINT report_export_chunk_pkey PRIMARY KEY (id);

ALTER TABLE ONLY report_export
    ADD CONSTRAINT report_export_pkey PRIMARY KEY (id);

ALTER TABLE ONLY settlement
    ADD CONSTRAINT settlement_number_key UNIQUE (number);

ALTER TABLE ONLY settlement
    ADD CONSTRAINT settlement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY settlement_step
    ADD CONSTRAINT settlement_step_pkey PRIMARY KEY (id);

ALTER TABLE ONLY shipment_node
    ADD CONSTRAINT shipment_node_pkey PRIMARY KEY (id);

ALTER TABLE ONLY shipment
    ADD CONSTRAINT shipment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY shipment_upload
    ADD CONSTRAINT shipment_upload_pkey PRIMARY KEY (id);

ALTER TABLE ONLY tortoise_migrations
    ADD CONSTRAINT tortoise_migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY callback
    ADD CONSTRAINT uid_callback_platfor_0f68ad UNIQUE (platform, key);

ALTER TABLE ONLY consultation
    ADD CONSTRAINT uid_consultatio_hospita_3c750e UNIQUE (hospital_id, visit_number);

ALTER TABLE ONLY department
    ADD CONSTRAINT uid_department_hospita_e2dac6 UNIQUE (hospital_id, code);

ALTER TABLE ONLY doctor_grant
    ADD CONSTRAINT uid_doctor_gran_doctor__2c8882 UNIQUE (doctor_id, drug_class);

ALTER TABLE ONLY doctor
    ADD CONSTRAINT uid_doctor_hospita_2b7f47 UNIQUE (hospital_id, code);

ALTER TABLE ONLY drug
    ADD CONSTRAINT uid_drug_hospita_53c01b UNIQUE (hospital_id, item_code);

ALTER TABLE ONLY fee_detail
    ADD CONSTRAINT uid_fee_detail_order_i_7603c5 UNIQUE (order_id, serial);

ALTER TABLE ONLY fee_detail
    ADD CONSTRAINT uid_fee_detail_order_i_9b3441 UNIQUE (order_id, line_number);

ALTER TABLE ONLY idempotency_key
    ADD CONSTRAINT uid_idempotency_hospita_e9ccde UNIQUE (hospital_id, subject, operation, key);

ALTER TABLE ONLY patient
    ADD CONSTRAINT uid_patient_hospita_228168 UNIQUE (hospital_id, his_patient_id);

ALTER TABLE ONLY pharmacist
    ADD CONSTRAINT uid_pharmacist_hospita_9393fc UNIQUE (hospital_id, code);

ALTER TABLE ONLY prescription
    ADD CONSTRAINT uid_prescriptio_order_i_4fa02a UNIQUE (order_id, number);

ALTER TABLE ONLY prescription_step
    ADD CONSTRAINT uid_prescriptio_prescri_3b7659 UNIQUE (prescription_id, "position");

ALTER TABLE ONLY prescription_item
    ADD CONSTRAINT uid_prescriptio_prescri_b0cb00 UNIQUE (prescription_id, serial);

ALTER TABLE ONLY refund_line
    ADD CONSTRAINT uid_refund_line_refund__150297 UNIQUE (refund_id, fee_detail_id);

ALTER TABLE ONLY settlement_step
    ADD CONSTRAINT uid_settlement__settlem_3fd98e UNIQUE (settlement_id, "position");

ALTER TABLE ONLY shipment
    ADD CONSTRAINT uid_shipment_hospita_23ef9b UNIQUE (hospital_id, carrier, waybill_number);

ALTER TABLE ONLY shipment_node
    ADD CONSTRAINT uid_shipment_no_shipmen_5283db UNIQUE (shipment_id, at, raw_code, text);

ALTER TABLE ONLY shipment_upload
    ADD CONSTRAINT uid_shipment_up_shipmen_4cef2c UNIQUE (shipment_id, target, number);

ALTER TABLE ONLY tortoise_migrations
    ADD CONSTRAINT uid_tortoise_mi_app_3803a5 UNIQUE (app, name);

CREATE INDEX daily_change_xid ON daily_change USING btree (xid);

CREATE INDEX daily_order_department ON daily_order USING btree (hospital_id, department_id, day) WHERE (grain = 1);

CREATE INDEX daily_order_doctor ON daily_order USING btree (hospital_id, doctor_id, day) WHERE (grain = 2);

CREATE INDEX daily_settlement_department ON daily_settlement USING btree (hospital_id, department_id, day) WHERE (grain = 1);

CREATE INDEX daily_settlement_doctor ON daily_settlement USING btree (hospital_id, doctor_id, day) WHERE (grain = 2);

CREATE INDEX idx_audit_entry_hospita_692f45 ON audit_entry USING btree (hospital_id, id);

CREATE INDEX idx_audit_entry_object__ec873f ON audit_entry USING btree (object_type, object_id);

CREATE INDEX idx_callback_settlem_11c632 ON callback USING btree (settlement_id, id);

CREATE INDEX idx_consultatio_consult_070cfd ON consultation_message USING btree (consultation_id, id);

CREATE INDEX idx_consultatio_doctor__337ec1 ON consultation USING btree (doctor_id, id);

CREATE INDEX idx_consultatio_patient_764d11 ON consultation USING btree (patient_id, id);

CREATE INDEX idx_exchange_message_de2dee ON exchange USING btree (message_id);

CREATE INDEX idx_exchange_settlem_f21eb6 ON exchange USING btree (settlement_id, id);

CREATE INDEX idx_face_sign_i_doctor__87e155 ON face_sign_in_ticket USING btree (doctor_id, id);

CREATE INDEX idx_invoice_hospita_261b95 ON invoice USING btree (hospital_id, state, created_at, id);

CREATE INDEX idx_invoice_hospita_93ab25 ON invoice USING btree (hospital_id, created_at, id);

CREATE INDEX idx_invoice_patient_e2fecc ON invoice USING btree (patient_id, created_at, id);

CREATE INDEX idx_invoice_settlem_a31be8 ON invoice USING btree (settlement_id, id);

CREATE INDEX idx_orders_consult_4c6189 ON orders USING btree (consultation_id);

CREATE INDEX idx_orders_departm_08a5e4 ON orders USING btree (department_id, created_at, id);

CREATE INDEX idx_orders_doctor__9fef63 ON orders USING btree (doctor_id, created_at, id);

CREATE INDEX idx_orders_hospita_1fb4b6 ON orders USING btree (hospital_id, state, created_at, id);

CREATE INDEX idx_orders_hospita_523ac2 ON orders USING btree (hospital_id, total_fen, id);

CREATE INDEX idx_orders_hospita_c5cff0 ON orders USING btree (hospital_id, created_at, id);

CREATE INDEX idx_orders_patient_843101 ON orders USING btree (patient_id, created_at, id);

CREATE INDEX idx_patient_hospita_5ff3f0 ON patient USING btree (hospital_id, id_number_index);

CREATE INDEX idx_patient_hospita_bf9f41 ON patient USING btree (hospital_id, id);

CREATE INDEX idx_prescriptio_consult_2c58f9 ON prescription USING btree (consultation_id, id);

CREATE INDEX idx_prescriptio_doctor__1ad81d ON prescription USING btree (doctor_id, created_at, id);

CREATE INDEX idx_prescriptio_hospita_0f2f09 ON prescription USING btree (hospital_id, created_at, id);

CREATE INDEX idx_prescriptio_hospita_cc2876 ON prescription USING btree (hospital_id, state, created_at, id);

CREATE INDEX idx_prescriptio_hospita_d39210 ON prescription USING btree (hospital_id, number);

CREATE INDEX idx_prescriptio_order_i_5dbe73 ON prescription USING btree (order_id, id);

CREATE INDEX idx_prescriptio_patient_14f7af ON prescription USING btree (patient_id, created_at, id);

CREATE INDEX idx_prescriptio_prescri_4088fd ON prescription_item USING btree (prescription_id, id);

CREATE INDEX idx_prescriptio_prescri_c503ea ON prescription_hint USING btree (prescription_id, id);

CREATE INDEX idx_refund_hospita_f9e1a6 ON refund USING btree (hospital_id, created_at, id);

CREATE INDEX idx_refund_hospita_fba1a8 ON refund USING btree (hospital_id, state, created_at, id);

CREATE INDEX idx_refund_line_fee_det_336a92 ON refund_line USING btree (fee_detail_id);

CREATE INDEX idx_refund_patient_d69213 ON refund USING btree (patient_id, created_at, id);

CREATE INDEX idx_refund_settlem_cd4faf ON refund USING btree (settlement_id, id);

CREATE INDEX idx_report_expo_export__e950f3 ON report_export_chunk USING btree (export_id, attempt, "position");

CREATE INDEX idx_report_expo_hospita_c9f154 ON report_export USING btree (hospital_id, subject, created_at, id);

CREATE INDEX idx_report_expo_state_d10f34 ON report_export USING btree (state);

CREATE INDEX idx_settlement_hospita_20b217 ON settlement USING btree (hospital_id, total_fen, id);

CREATE INDEX idx_settlement_hospita_484ea3 ON settlement USING btree (hospital_id, created_at, id);

CREATE INDEX idx_settlement_hospita_b502df ON settlement USING btree (hospital_id, pay_kind, created_at, id);

CREATE INDEX idx_settlement_hospita_cd3058 ON settlement USING btree (hospital_id, state, created_at, id);

CREATE INDEX idx_settlement_order_i_70b5e7 ON settlement USING btree (order_id, id);

CREATE INDEX idx_settlement_patient_c143ac ON settlement USING btree (patient_id, created_at, id);

CREATE INDEX idx_shipment_hospita_ced562 ON shipment USING btree (hospital_id, created_at, id);

CREATE INDEX idx_shipment_order_i_d64ad0 ON shipment USING btree (order_id, id);

CREATE UNIQUE INDEX invoice_one_valid_per_settlement ON invoice USING btree (settlement_id) WHERE ((state)::text <> 'RED'::text);

CREATE UNIQUE INDEX prescription_insurance_number ON prescription USING btree (hospital_id, insurance_number) WHERE ((insurance_number IS NOT NULL) AND (state IS NOT NULL));

CREATE UNIQUE INDEX prescription_one_written_per_number ON prescription USING btree (hospital_id, number) WHERE (state IS NOT NULL);

CREATE UNIQUE INDEX refund_one_under_way_per_settlement ON refund USING btree (settlement_id) WHERE ((state)::text = ANY (ARRAY[('DOING'::character varying)::text, ('ATTENTION'::character varying)::text]));

CREATE UNIQUE INDEX settlement_one_live_per_order ON settlement USING btree (order_id) WHERE ((state)::text <> ALL (ARRAY[('FAILED'::character varying)::text, ('REVERSED'::character varying)::text]));

CREATE INDEX settlement_step_invoice_unfinished ON settlement_step USING btree (settlement_id) WHERE (((kind)::text = 'INVOICE'::text) AND ((state)::text <> ALL (ARRAY[('DONE'::character varying)::text, ('SKIPPED'::character varying)::text])));

CREATE UNIQUE INDEX shipment_upload_one_per_payment ON shipment_upload USING btree (number) WHERE ((target)::text = 'WECHAT'::text);

CREATE CONSTRAINT TRIGGER daily_apply AFTER INSERT ON daily_due DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION daily_apply();

CREATE TRIGGER daily_change AFTER INSERT OR DELETE OR UPDATE OF settlement_id, given_at, amount_fen ON refund FOR EACH ROW EXECUTE FUNCTION refund_changed();

CREATE TRIGGER daily_delete AFTER DELETE ON invoice REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION invoice_deleted();

CREATE TRIGGER daily_delete AFTER DELETE ON orders REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION orders_deleted();

CREATE TRIGGER daily_delete AFTER DELETE ON settlement REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION settlement_deleted();

CREATE TRIGGER daily_insert AFTER INSERT ON invoice REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION invoice_inserted();

CREATE TRIGGER daily_insert AFTER INSERT ON orders REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION orders_inserted();

CREATE TRIGGER daily_insert AFTER INSERT ON settlement REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION settlement_inserted();

CREATE TRIGGER daily_truncate AFTER TRUNCATE ON invoice FOR EACH STATEMENT EXECUTE FUNCTION invoice_truncated();

CREATE TRIGGER daily_truncate AFTER TRUNCATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION orders_truncated();

CREATE TRIGGER daily_truncate AFTER TRUNCATE ON settlement FOR EACH STATEMENT EXECUTE FUNCTION settlement_truncated();

CREATE TRIGGER daily_update AFTER UPDATE ON invoice FOR EACH ROW WHEN (((old.hospital_id IS DISTINCT FROM new.hospital_id) OR ((old.state)::text IS DISTINCT FROM (new.state)::text) OR (old.total_fen IS DISTINCT FROM new.total_fen) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION invoice_updated();

CREATE TRIGGER daily_update AFTER UPDATE ON orders FOR EACH ROW WHEN (((old.hospital_id IS DISTINCT FROM new.hospital_id) OR (old.department_id IS DISTINCT FROM new.department_id) OR (old.doctor_id IS DISTINCT FROM new.doctor_id) OR ((old.state)::text IS DISTINCT FROM (new.state)::text) OR (old.total_fen IS DISTINCT FROM new.total_fen) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION orders_updated();

CREATE TRIGGER daily_update AFTER UPDATE ON settlement FOR EACH ROW WHEN (((old.hospital_id IS DISTINCT FROM new.hospital_id) OR (old.order_id IS DISTINCT FROM new.order_id) OR ((old.pay_kind)::text IS DISTINCT FROM (new.pay_kind)::text) OR ((old.insurance_type)::text IS DISTINCT FROM (new.insurance_type)::text) OR ((old.state)::text IS DISTINCT FROM (new.state)::text) OR (old.total_fen IS DISTINCT FROM new.total_fen) OR (old.fund_fen IS DISTINCT FROM new.fund_fen) OR (old.account_fen IS DISTINCT FROM new.account_fen) OR (old.cash_fen IS DISTINCT FROM new.cash_fen) OR (old.other_fen IS DISTINCT FROM new.other_fen) OR (old.paid_fen IS DISTINCT FROM new.paid_fen) OR (old.refunded_fen IS DISTINCT FROM new.refunded_fen) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.settled_at IS DISTINCT FROM new.settled_at) OR (old.refunded_at IS DISTINCT FROM new.refunded_at) OR (old.partly_refunded_fen IS DISTINCT FROM new.partly_refunded_fen))) EXECUTE FUNCTION settlement_updated();

CREATE TRIGGER shipment_told AFTER UPDATE OF state, checked_at, problem_code ON shipment FOR EACH ROW EXECUTE FUNCTION shipment_tell('id');

CREATE TRIGGER shipment_upload_told AFTER UPDATE OF state, told_state, attempts, problem_code ON shipment_upload FOR EACH ROW EXECUTE FUNCTION shipment_tell('shipment_id');

ALTER TABLE ONLY callback
    ADD CONSTRAINT callback_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES settlement(id) ON DELETE RESTRICT;

ALTER TABLE ONLY callback
    ADD CONSTRAINT callback_shipment_id_fkey FOREIGN KEY (shipment_id) REFERENCES shipment(id) ON DELETE RESTRICT;

ALTER TABLE ONLY consultation
    ADD CONSTRAINT consultation_department_id_fkey FOREIGN KEY (department_id) REFERENCES department(id) ON DELETE RESTRICT;

ALTER TABLE ONLY consultation
    ADD CONSTRAINT consultation_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctor(id) ON DELETE RESTRICT;

ALTER TABLE ONLY consultation
    ADD CONSTRAINT consultation_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY consultation_message
    ADD CONSTRAINT consultation_message_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES consultation(id) ON DELETE RESTRICT;

ALTER TABLE ONLY consultation
    ADD CONSTRAINT consultation_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patient(id) ON DELETE RESTRICT;

ALTER TABLE ONLY consultation_upload
    ADD CONSTRAINT consultation_upload_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES consultation(id) ON DELETE RESTRICT;

ALTER TABLE ONLY department
    ADD CONSTRAINT department_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY doctor
    ADD CONSTRAINT doctor_department_id_fkey FOREIGN KEY (department_id) REFERENCES department(id) ON DELETE RESTRICT;

ALTER TABLE ONLY doctor_grant
    ADD CONSTRAINT doctor_grant_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctor(id) ON DELETE RESTRICT;

ALTER TABLE ONLY doctor
    ADD CONSTRAINT doctor_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY drug
    ADD CONSTRAINT drug_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY exchange
    ADD CONSTRAINT exchange_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES settlement(id) ON DELETE RESTRICT;

ALTER TABLE ONLY exchange
    ADD CONSTRAINT exchange_step_id_fkey FOREIGN KEY (step_id) REFERENCES settlement_step(id) ON DELETE RESTRICT;

ALTER TABLE ONLY face_sign_in
    ADD CONSTRAINT face_sign_in_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctor(id) ON DELETE RESTRICT;

ALTER TABLE ONLY face_sign_in_ticket
    ADD CONSTRAINT face_sign_in_ticket_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctor(id) ON DELETE RESTRICT;

ALTER TABLE ONLY fee_detail
    ADD CONSTRAINT fee_detail_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE RESTRICT;

ALTER TABLE ONLY insurance_standing
    ADD CONSTRAINT insurance_standing_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctor(id) ON DELETE RESTRICT;

ALTER TABLE ONLY insurance_visit
    ADD CONSTRAINT insurance_visit_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES consultation(id) ON DELETE RESTRICT;

ALTER TABLE ONLY invoice
    ADD CONSTRAINT invoice_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY invoice
    ADD CONSTRAINT invoice_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patient(id) ON DELETE RESTRICT;

ALTER TABLE ONLY invoice
    ADD CONSTRAINT invoice_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES settlement(id) ON DELETE RESTRICT;

ALTER TABLE ONLY orders
    ADD CONSTRAINT orders_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES consultation(id) ON DELETE RESTRICT;

ALTER TABLE ONLY orders
    ADD CONSTRAINT orders_department_id_fkey FOREIGN KEY (department_id) REFERENCES department(id) ON DELETE RESTRICT;

ALTER TABLE ONLY orders
    ADD CONSTRAINT orders_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctor(id) ON DELETE RESTRICT;

ALTER TABLE ONLY orders
    ADD CONSTRAINT orders_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY orders
    ADD CONSTRAINT orders_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patient(id) ON DELETE RESTRICT;

ALTER TABLE ONLY patient
    ADD CONSTRAINT patient_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY pharmacist
    ADD CONSTRAINT pharmacist_department_id_fkey FOREIGN KEY (department_id) REFERENCES department(id) ON DELETE RESTRICT;

ALTER TABLE ONLY pharmacist
    ADD CONSTRAINT pharmacist_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescribing_right
    ADD CONSTRAINT prescribing_right_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctor(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription
    ADD CONSTRAINT prescription_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES consultation(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription
    ADD CONSTRAINT prescription_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctor(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription_hint
    ADD CONSTRAINT prescription_hint_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescription(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription
    ADD CONSTRAINT prescription_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription_item
    ADD CONSTRAINT prescription_item_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescription(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription
    ADD CONSTRAINT prescription_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription
    ADD CONSTRAINT prescription_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patient(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription
    ADD CONSTRAINT prescription_pharmacist_id_fkey FOREIGN KEY (pharmacist_id) REFERENCES pharmacist(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription
    ADD CONSTRAINT prescription_replaces_id_fkey FOREIGN KEY (replaces_id) REFERENCES prescription(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription_review
    ADD CONSTRAINT prescription_review_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescription(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription_signature
    ADD CONSTRAINT prescription_signature_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescription(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription_step
    ADD CONSTRAINT prescription_step_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescription(id) ON DELETE RESTRICT;

ALTER TABLE ONLY prescription_taking
    ADD CONSTRAINT prescription_taking_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescription(id) ON DELETE RESTRICT;

ALTER TABLE ONLY refund
    ADD CONSTRAINT refund_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY refund_line
    ADD CONSTRAINT refund_line_fee_detail_id_fkey FOREIGN KEY (fee_detail_id) REFERENCES fee_detail(id) ON DELETE RESTRICT;

ALTER TABLE ONLY refund_line
    ADD CONSTRAINT refund_line_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES refund(id) ON DELETE RESTRICT;

ALTER TABLE ONLY refund
    ADD CONSTRAINT refund_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patient(id) ON DELETE RESTRICT;

ALTER TABLE ONLY refund
    ADD CONSTRAINT refund_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES settlement(id) ON DELETE RESTRICT;

ALTER TABLE ONLY report_export_chunk
    ADD CONSTRAINT report_export_chunk_export_id_fkey FOREIGN KEY (export_id) REFERENCES report_export(id) ON DELETE CASCADE;

ALTER TABLE ONLY report_export
    ADD CONSTRAINT report_export_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY settlement
    ADD CONSTRAINT settlement_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY settlement
    ADD CONSTRAINT settlement_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE RESTRICT;

ALTER TABLE ONLY settlement
    ADD CONSTRAINT settlement_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patient(id) ON DELETE RESTRICT;

ALTER TABLE ONLY settlement_step
    ADD CONSTRAINT settlement_step_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES settlement(id) ON DELETE RESTRICT;

ALTER TABLE ONLY shipment
    ADD CONSTRAINT shipment_hospital_id_fkey FOREIGN KEY (hospital_id) REFERENCES hospital(id) ON DELETE RESTRICT;

ALTER TABLE ONLY shipment_node
    ADD CONSTRAINT shipment_node_shipment_id_fkey FOREIGN KEY (shipment_id) REFERENCES shipment(id) ON DELETE RESTRICT;

ALTER TABLE ONLY shipment
    ADD CONSTRAINT shipment_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE RESTRICT;

ALTER TABLE ONLY shipment
    ADD CONSTRAINT shipment_prescription_id_fkey FOREIGN KEY (prescription_id) REFERENCES prescription(id) ON DELETE RESTRICT;

ALTER TABLE ONLY shipment_upload
    ADD CONSTRAINT shipment_upload_shipment_id_fkey FOREIGN KEY (shipment_id) REFERENCES shipment(id) ON DELETE RESTRICT;

INSERT INTO tortoise_migrations (app, name, applied_at) VALUES
    ('models', '0001_initial', now()),
    ('models', '0002_sequences', now()),
    ('models', '0003_constraints', now()),
    ('models', '0004_daily_reports', now()),
    ('models', '0005_prescribing', now()),
    ('models', '0006_hospital_keys', now()),
    ('models', '0007_checkout_and_payment', now()),
    ('models', '0008_refunds', now()),
    ('models', '0009_lists_and_exports', now()),
    ('models', '0010_order_refunds', now()),
    ('models', '0011_shipments', now()),
    ('models', '0012_shipments_live', now()),
    ('models', '0013_waybills', now());
