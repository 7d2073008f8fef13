-- What Debezium saw when with_schema.tsv and without_schema.tsv were written: the table as it was for the snapshot, and what was done then.
-- debezium-connector-postgres 3.6.1.Final in Kafka Connect 4.0.0, PostgreSQL 15, Kafka Connect's JsonConverter with schemas.enable true and false,
-- skipped.operations=none, all else as it comes. Written down by Kafka's console consumer: key, tab, value, NULL for none.
create table things (id int primary key, b bool, i2 smallint, i8 bigint, r4 real, r8 double precision, n numeric(12,2), nn numeric, t text, c char(4), y bytea,
  d date, tm time(6), ts timestamp(6), ts3 timestamp(3), tz timestamptz, u uuid, j jsonb, ia int[], ta text[], iv interval, big text);
alter table things alter column big set storage external;
insert into things values (1, true, -32768, 9223372036854775807, 0.1, 1e300, 12.50, 1.000, 'Zoë', 'ab', '\x00ff', '2026-01-05', '23:59:59.999999',
  '2026-01-05 10:15:09.123456', '2026-01-05 10:15:09.123', '2026-01-05 11:15:09.123456+01', '01234567-89ab-cdef-0123-456789abcdef', '{"a": 1.50}', '{1,NULL}', '{"x","y"}', '1 day', 'small');
insert into things (id) values (2);
-- the snapshot ends here
insert into things (id, big, n, nn, d, ts, tz) values (3, repeat('x', 2100), -0.01, -123456789012345678901234567890.123456789, '0001-01-01', '9999-12-31 23:59:59.999999',
  '1969-12-31 23:59:59.999999+00');
update things set i2 = 7 where id = 3;
update things set id = 4 where id = 2;
delete from things where id = 4;
insert into things (id, d) values (5, 'infinity');
insert into things (id, r8) values (6, 'NaN');
insert into things (id, n) values (7, 'NaN');
truncate things;
insert into things (id, t) values (8, 'last');
