-- The invented past. {n} orders over two years, the same rows every time: everything follows from the order's number `i`,
-- its day (evenly spread), its state, who it belongs to, what it costs. Words in braces are filled in by seed.py.
-- Personal columns hold dummy bytes; nobody could open them, and no read of the benchmark does.

INSERT INTO hospital (id, code, name, area, reversal_profile, fee_upload_repeatable)
  VALUES (1, '{institution}', '{name}', '{area}', 'TENDER', true);

INSERT INTO department (id, hospital_id, code, name, category)
  SELECT i, 1, 'D' || lpad(i::text, 3, '0'), '科室' || i, 'A03' FROM generate_series(1, {departments}) i;

INSERT INTO doctor (id, hospital_id, department_id, code, name, title, id_type)
  SELECT i, 1, 1 + i % {departments}, 'D3502' || lpad(i::text, 8, '0'), '示例医师' || i, '主治医师', '01'
  FROM generate_series(1, {doctors}) i;

INSERT INTO patient (id, hospital_id, subject, his_patient_id, name_sealed, name_masked, id_type, id_number_sealed,
    id_number_masked, id_number_index, phone_sealed, phone_masked, gender, birth_date, insurance_type, insured_area,
    insurance_checked_at)
  SELECT i, 1, 'patient-' || to_char(i, 'FM0999999'), 'P' || lpad(i::text, 8, '0'), '\x00', '赵*', '01', '\x00',
    '3502**********' || lpad((i % 10000)::text, 4, '0'), md5(i::text) || md5(i::text), '\x00',
    '138****' || lpad((i % 10000)::text, 4, '0'), (1 + i % 2)::text, date '1950-01-01' + (i % 20000)::int,
    CASE WHEN i % 3 = 0 THEN '390' ELSE '310' END, '350200', timestamptz '2026-06-30T12:00:00+08:00'
  FROM generate_series(1, {patients}) i;

INSERT INTO consultation (id, hospital_id, patient_id, doctor_id, department_id, visit_number, complaint, began_at)
  SELECT i, 1, 1 + i * 7 % {patients}, 1 + i % {doctors}, 1 + (1 + i % {doctors}) % {departments},
    'V' || lpad(i::text, 10, '0'), '在线复诊', {moment} FROM generate_series(1::bigint, {n}) i;

INSERT INTO orders (id, number, hospital_id, patient_id, consultation_id, doctor_id, department_id, state, total_fen,
    created_at, expires_at)
  SELECT i, 'O' || lpad(i::text, 12, '0'), 1, 1 + i * 7 % {patients}, i, 1 + i % {doctors},
    1 + (1 + i % {doctors}) % {departments}, {state}, {total}, {moment}, {moment} + interval '1 day'
  FROM generate_series(1::bigint, {n}) i;

INSERT INTO fee_detail (order_id, line_number, serial, prescription_number, item_code, insurance_code, charge_code,
    name, spec, unit, quantity, price, amount_fen)
  SELECT i, line, i || '-' || line, 'R' || lpad(i::text, 12, '0'), 'F0001', '001101000020000', '09', {names},
    '0.25g*24', '盒', 1, amount / 100.0, amount
  FROM (SELECT i, line, CASE WHEN i % 2 = 0 THEN {total} WHEN line = 1 THEN ({total}) / 2
      ELSE {total} - ({total}) / 2 END AS amount
    FROM generate_series(1::bigint, {n}) i, generate_series(1, 1 + i % 2) line) each;

INSERT INTO prescription (id, hospital_id, consultation_id, order_id, number, kind, diagnoses, total_fen, fee_digest,
    issued_at, created_at, patient_id, doctor_id, version)
  SELECT i, 1, i, i, 'R' || lpad(i::text, 12, '0'), 'WESTERN', '[]', {total}, md5(i::text), {moment}, {moment},
    1 + i * 7 % {patients}, 1 + i % {doctors}, 0
  FROM generate_series(1::bigint, {n}) i;

INSERT INTO prescription_item (prescription_id, serial, item_code, insurance_code, name, spec, unit, quantity, price,
    amount_fen, usage)
  SELECT order_id, serial, item_code, insurance_code, name, spec, unit, quantity, price, amount_fen, '口服'
  FROM fee_detail ORDER BY id;

INSERT INTO settlement (id, number, hospital_id, patient_id, order_id, pay_kind, state, direction, total_fen,
    other_fen, paid_fen, refunded_fen, created_at, version)
  SELECT 2 * id - 1, 'F' || lpad(id::text, 12, '0'), 1, patient_id, id, 'INSURANCE', 'FAILED', 'RELEASE', total_fen,
    0, 0, 0, created_at + interval '1 minute', 0
  FROM orders WHERE state = 'EXPIRED' OR id % 33 = 0 AND state <> 'OPEN';

INSERT INTO settlement (id, number, hospital_id, patient_id, order_id, pay_kind, state, direction, total_fen,
    fund_fen, account_fen, cash_fen, other_fen, paid_fen, refunded_fen, platform_serial, created_at, settled_at,
    reversed_at, refunded_at, insurance_type, version)
  SELECT 2 * id, 'S' || lpad(id::text, 12, '0'), 1, patient_id, id, CASE WHEN insured THEN 'INSURANCE' ELSE 'SELF_PAY' END,
    CASE WHEN undone THEN 'REVERSED' ELSE 'COMPLETED' END, CASE WHEN undone THEN 'REVERSE' ELSE 'SETTLE' END,
    total_fen, fund, (total_fen - fund) / 4, total_fen - fund - (total_fen - fund) / 4, 0, total_fen,
    CASE WHEN undone THEN total_fen ELSE 0 END, '35020' || lpad(id::text, 12, '0'), created_at + interval '2 minutes',
    created_at + interval '5 minutes', CASE WHEN undone THEN created_at + interval '30 hours' END,
    CASE WHEN undone THEN created_at + interval '30 hours' END, CASE WHEN insured THEN '310' END, 9
  FROM (SELECT *, state = 'REFUNDED' AS undone, id % 5 > 0 AS insured,
      CASE WHEN id % 5 > 0 THEN total_fen * 6 / 10 ELSE 0 END AS fund
    FROM orders WHERE state IN ('SETTLED', 'REFUNDED')) each;

INSERT INTO settlement_step (settlement_id, position, kind, direction, state, attempts, tries, started_at, finished_at)
  SELECT id, place, (ARRAY['REGISTRATION','FEE_DETAILS','PREVIEW','CHECKOUT','RESULT','HIS_CONFIRMATION','INVOICE'])[place],
    'SETTLE', 'DONE', 1, 1, created_at, created_at + place * interval '1 second'
  FROM (SELECT id, created_at FROM settlement WHERE id % 2 = 0 AND pay_kind = 'INSURANCE'
      ORDER BY id DESC LIMIT {with_steps}) s,
    generate_series(1, 7) place;

INSERT INTO invoice (hospital_id, patient_id, settlement_id, business_number, state, total_fen, batch_code, number,
    check_code, red_batch_code, red_number, created_at, issued_at, red_at)
  SELECT 1, patient_id, id, 'REG' || number, CASE WHEN undone THEN 'RED' ELSE 'ISSUED' END, total_fen,
    '35060199', lpad(id::text, 10, '0'), left(md5(id::text), 6), CASE WHEN undone THEN '35060198' END,
    CASE WHEN undone THEN lpad(id::text, 10, '0') END, settled_at, settled_at + interval '3 seconds', reversed_at
  FROM (SELECT *, reversed_at IS NOT NULL AS undone FROM settlement) each WHERE id % 2 = 0 ORDER BY id;

INSERT INTO shipment (hospital_id, order_id, carrier, waybill_number, state, created_at, checked_at)
  SELECT 1, id, 'SF', 'SF' || lpad(id::text, 12, '0'), 'SIGNED', created_at + interval '1 day',
    created_at + interval '3 days'
  FROM orders WHERE id % 5 = 1 ORDER BY id;

INSERT INTO shipment_node (shipment_id, at, state, raw_code, text, location)
  SELECT id, created_at + place * interval '6 hours', (ARRAY['PICKED_UP','IN_TRANSIT','SIGNED'])[place],
    place::text, '快件节点' || place, '厦门' FROM shipment, generate_series(1, 3) place;
