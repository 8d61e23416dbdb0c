-- Schemas, extensions, databases, tablespaces. Read by cases.py.

-- given a
CREATE TABLE a (id int PRIMARY KEY, x int UNIQUE, y int, name text);
CREATE UNIQUE INDEX a_y ON a (y);

-- case
CREATE SCHEMA s;
--> CreateSchema s

-- case
CREATE SCHEMA s;
--
CREATE SCHEMA s;
--> CreateSchema s
--> refused: schema "s" already exists

-- case
CREATE SCHEMA s;
--
CREATE SCHEMA IF NOT EXISTS s;
--> CreateSchema s

-- case a
CREATE SCHEMA s CREATE VIEW v AS TABLE t CREATE TABLE t (id int REFERENCES a) CREATE INDEX ON t (id);
--> CreateSchema s
--> CreateTable s.t
--> Lock public.a ShareRowExclusiveLock
--> CreateView s.v
--> CreateIndex s.t

-- case
CREATE SCHEMA AUTHORIZATION postgres;
--> CreateSchema postgres

-- case
CREATE EXTENSION IF NOT EXISTS citext;
--> CreateExtension citext

-- case
ALTER EXTENSION plpgsql UPDATE;
--> CreateExtension plpgsql

-- case a
ALTER EXTENSION plpgsql ADD TABLE a;
--> OtherChange plpgsql
--> Lock public.a ShareUpdateExclusiveLock

-- case
CREATE DATABASE d;
--> CreateDatabase d
--> not in a transaction

-- case
DROP DATABASE IF EXISTS d;
--> DropDatabase d
--> not in a transaction

-- case
ALTER DATABASE postgres SET lock_timeout = '1s';
--> AlterSystem postgres

-- case
ALTER DATABASE postgres CONNECTION LIMIT 5;
--> OtherChange postgres

-- case
ALTER DATABASE postgres SET TABLESPACE pg_default;
--> OtherChange postgres
--> not in a transaction

-- case
CREATE TABLESPACE t LOCATION '/t';
--> OtherChange t
--> not in a transaction

-- case
DROP TABLESPACE IF EXISTS t;
--> OtherChange t
--> not in a transaction

-- case
ALTER TABLESPACE pg_default SET (seq_page_cost = 1);
--> OtherChange pg_default
