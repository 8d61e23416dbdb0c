-- DROP: what goes, what goes with it, and who is locked meanwhile. Read by cases.py.

-- given a
CREATE TABLE a (id int PRIMARY KEY, x int UNIQUE, y int, name text);
CREATE UNIQUE INDEX a_y ON a (y);

-- given p
CREATE TABLE p (id int PRIMARY KEY, v int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE pd PARTITION OF p DEFAULT;

-- given sub
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (100) PARTITION BY RANGE (id);
CREATE TABLE p21 PARTITION OF p2 FOR VALUES FROM (10) TO (20);

-- given m
CREATE MATERIALIZED VIEW m AS SELECT id, x FROM a;
CREATE UNIQUE INDEX m_id ON m (id);

-- given f
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';

-- given child
CREATE TABLE child (a_id int REFERENCES a, y int REFERENCES a (y));

-- given of_p
CREATE TABLE child (p_id int REFERENCES p);

-- given e
CREATE TYPE e AS ENUM ('one');
CREATE TABLE u (id int, c e);
CREATE VIEW of_c AS SELECT c FROM u;

-- case a
DROP TABLE a;
--> DropTable public.a
--> Lock public.a AccessExclusiveLock

-- case a
DROP TABLE IF EXISTS nope, a;
--> DropTable public.a
--> Lock public.a AccessExclusiveLock

-- case a
DROP TABLE IF EXISTS nope;

-- case a child
DROP TABLE child;
--> DropTable public.child
--> Lock public.child AccessExclusiveLock
--> Lock public.a AccessExclusiveLock

-- case a child
DROP TABLE a;
--> DropTable public.a
--> Lock public.a AccessExclusiveLock
--> refused: cannot drop table a because other objects depend on it

-- case a child
DROP TABLE a, child;
--> DropTable public.a
--> Lock public.a AccessExclusiveLock
--> DropTable public.child
--> Lock public.child AccessExclusiveLock

-- case a child
DROP TABLE a CASCADE;
--> DropTable public.a
--> Lock public.a AccessExclusiveLock
--> DropConstraint public.child
--> Lock public.child AccessExclusiveLock
--> DropConstraint public.child

-- case a m
CREATE VIEW v AS SELECT * FROM a; CREATE VIEW w AS SELECT * FROM v;
--
DROP TABLE a CASCADE;
--> DropTable public.a
--> Lock public.a AccessExclusiveLock
--> DropView public.m
--> Lock public.m AccessExclusiveLock
--> DropView public.v
--> Lock public.v AccessExclusiveLock
--> DropView public.w
--> Lock public.w AccessExclusiveLock

-- case a
CREATE TABLE heir () INHERITS (a);
--
DROP TABLE a;
--> DropTable public.a
--> Lock public.a AccessExclusiveLock
--> refused: cannot drop table a because other objects depend on it

-- case a
CREATE TABLE heir () INHERITS (a);
--
DROP TABLE heir;
--> DropTable public.heir
--> Lock public.heir AccessExclusiveLock

-- case p
DROP TABLE p;
--> DropTable public.p
--> Lock public.p AccessExclusiveLock
--> Lock public.p1 AccessExclusiveLock
--> Lock public.pd AccessExclusiveLock

-- case p
DROP TABLE p1;
--> DropTable public.p1
--> Lock public.p1 AccessExclusiveLock
--> Lock public.p AccessExclusiveLock
--> Lock public.pd AccessExclusiveLock

-- case p
DROP TABLE pd;
--> DropTable public.pd
--> Lock public.pd AccessExclusiveLock
--> Lock public.p AccessExclusiveLock

-- case p sub
DROP TABLE p21;
--> DropTable public.p21
--> Lock public.p21 AccessExclusiveLock
--> Lock public.p2 AccessExclusiveLock

-- case p of_p
DROP TABLE child;
--> DropTable public.child
--> Lock public.child AccessExclusiveLock
--> Lock public.p AccessExclusiveLock
--> Lock public.p1 AccessExclusiveLock
--> Lock public.pd AccessExclusiveLock

-- case p of_p
DROP TABLE p1;
--> DropTable public.p1
--> Lock public.p1 AccessExclusiveLock
--> Lock public.p AccessExclusiveLock
--> Lock public.pd AccessExclusiveLock
--> refused: cannot drop table p1 because other objects depend on it

-- case p of_p
DROP TABLE p1 CASCADE;
--> DropTable public.p1
--> Lock public.p1 AccessExclusiveLock
--> Lock public.p AccessExclusiveLock
--> Lock public.pd AccessExclusiveLock
--> DropConstraint public.child
--> Lock public.child AccessExclusiveLock

-- case a
CREATE TABLE r (a_id int REFERENCES a) PARTITION BY LIST (a_id);
CREATE TABLE r1 PARTITION OF r DEFAULT;
--
DROP TABLE r1;
--> DropTable public.r1
--> Lock public.r1 AccessExclusiveLock
--> Lock public.r AccessExclusiveLock

-- case
CREATE TABLE s (id serial);
--
DROP TABLE s;
--> DropTable public.s
--> Lock public.s AccessExclusiveLock
--> Lock public.s_id_seq AccessExclusiveLock

-- case
CREATE TABLE s (id serial);
--
DROP SEQUENCE s_id_seq;
--> DropSequence public.s_id_seq
--> Lock public.s_id_seq AccessExclusiveLock
--> refused: cannot drop sequence s_id_seq because other objects depend on it

-- case
CREATE TABLE s (id serial);
--
DROP SEQUENCE s_id_seq CASCADE;
--> DropSequence public.s_id_seq
--> Lock public.s_id_seq AccessExclusiveLock
--> DropDefault public.s
--> Lock public.s AccessExclusiveLock

-- case
CREATE TABLE s (id int GENERATED ALWAYS AS IDENTITY);
--
DROP SEQUENCE s_id_seq CASCADE;
--> DropSequence public.s_id_seq
--> Lock public.s_id_seq AccessExclusiveLock
--> refused: cannot drop sequence s_id_seq because column id of table s requires it

-- case
CREATE TABLE s (id int); CREATE SEQUENCE q OWNED BY s.id;
--
DROP TABLE s;
--> DropTable public.s
--> Lock public.s AccessExclusiveLock
--> Lock public.q AccessExclusiveLock

-- case a
DROP VIEW a;
--> DropView public.a
--> Lock public.a AccessExclusiveLock
--> refused: "a" is not a view

-- case a m
DROP MATERIALIZED VIEW m;
--> DropView public.m
--> Lock public.m AccessExclusiveLock

-- case a m
DROP VIEW m;
--> DropView public.m
--> Lock public.m AccessExclusiveLock
--> refused: "m" is not a view

-- case a
DROP INDEX a_y;
--> DropIndex public.a
--> Lock public.a AccessExclusiveLock

-- case a
DROP INDEX CONCURRENTLY a_y;
--> DropIndex public.a
--> Lock public.a ShareUpdateExclusiveLock
--> not in a transaction

-- case a
DROP INDEX CONCURRENTLY a_y CASCADE;
--> DropIndex public.a
--> Lock public.a ShareUpdateExclusiveLock
--> refused: DROP INDEX CONCURRENTLY does not support CASCADE
--> not in a transaction

-- case a
DROP INDEX CONCURRENTLY IF EXISTS a_y, nope;
--> DropIndex public.a
--> Lock public.a ShareUpdateExclusiveLock
--> refused: DROP INDEX CONCURRENTLY does not support dropping multiple objects
--> not in a transaction

-- case a
DROP INDEX a_pkey;
--> DropIndex public.a
--> Lock public.a AccessExclusiveLock
--> refused: cannot drop index a_pkey because constraint a_pkey on table a requires it

-- case a child
DROP INDEX a_y;
--> DropIndex public.a
--> Lock public.a AccessExclusiveLock
--> refused: cannot drop index a_y because other objects depend on it

-- case a child
DROP INDEX a_y CASCADE;
--> DropIndex public.a
--> Lock public.a AccessExclusiveLock
--> DropConstraint public.child
--> Lock public.child AccessExclusiveLock

-- case p
CREATE INDEX pv ON p (v);
--
DROP INDEX pv;
--> DropIndex public.p
--> Lock public.p AccessExclusiveLock
--> Lock public.p1 AccessExclusiveLock
--> Lock public.pd AccessExclusiveLock

-- case p
CREATE INDEX pv ON p (v);
--
DROP INDEX p1_v_idx;
--> DropIndex public.p1
--> Lock public.p1 AccessExclusiveLock
--> refused: cannot drop index p1_v_idx because index pv requires it

-- case p
CREATE INDEX pv ON p (v);
--
DROP INDEX CONCURRENTLY pv;
--> DropIndex public.p
--> Lock public.p ShareUpdateExclusiveLock
--> refused: cannot drop partitioned index "pv" concurrently
--> not in a transaction

-- case e
DROP TYPE e;
--> DropType public.e
--> refused: cannot drop type e because other objects depend on it

-- case e
DROP TYPE e CASCADE;
--> DropType public.e
--> DropView public.of_c
--> Lock public.of_c AccessExclusiveLock
--> DropColumn public.u
--> Lock public.u AccessExclusiveLock

-- case
CREATE DOMAIN d AS int; CREATE DOMAIN d2 AS d; CREATE TABLE u (c d2);
--
DROP DOMAIN d CASCADE;
--> DropType public.d
--> DropType public.d2
--> DropColumn public.u
--> Lock public.u AccessExclusiveLock

-- case
CREATE TYPE c AS (q int); CREATE TABLE o OF c;
--
DROP TYPE c CASCADE;
--> DropType public.c
--> Lock public.c AccessExclusiveLock
--> DropTable public.o
--> Lock public.o AccessExclusiveLock

-- case a
DROP TYPE a;
--> DropType public.a
--> Lock public.a AccessExclusiveLock
--> refused: cannot drop type a because table a requires it

-- case
CREATE TYPE e AS ENUM ('one'); CREATE TABLE u (c text DEFAULT 'one'::e::text);
--
DROP TYPE e CASCADE;
--> DropType public.e
--> DropDefault public.u
--> Lock public.u AccessExclusiveLock

-- case a f
DROP FUNCTION f();
--> DropRoutine public.f

-- case a f
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
--
DROP FUNCTION f;
--> DropRoutine public.f
--> refused: cannot drop function f because other objects depend on it

-- case a f
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
--
DROP FUNCTION f CASCADE;
--> DropRoutine public.f
--> DropTrigger public.a
--> Lock public.a AccessExclusiveLock

-- case a
CREATE FUNCTION g(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'select 1';
CREATE INDEX by_g ON a (g(x)); ALTER TABLE a ADD CONSTRAINT g_y CHECK (g(y) = 1);
--
DROP FUNCTION g CASCADE;
--> DropRoutine public.g
--> DropConstraint public.a
--> Lock public.a AccessExclusiveLock
--> DropIndex public.a

-- case
DROP FUNCTION IF EXISTS nope();

-- case p f
CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
--
DROP TRIGGER t ON p;
--> DropTrigger public.p
--> Lock public.p AccessExclusiveLock
--> Lock public.p1 AccessExclusiveLock
--> Lock public.pd AccessExclusiveLock

-- case p f
CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
--
DROP TRIGGER t ON p1;
--> DropTrigger public.p1
--> Lock public.p1 AccessExclusiveLock
--> refused: cannot drop trigger t on table p1 because trigger t on table p requires it

-- case p f
CREATE TRIGGER t BEFORE INSERT ON p FOR EACH STATEMENT EXECUTE FUNCTION f();
--
DROP TRIGGER t ON p;
--> DropTrigger public.p
--> Lock public.p AccessExclusiveLock

-- case a
DROP TRIGGER IF EXISTS t ON a;

-- case a
CREATE POLICY allow ON a;
--
DROP POLICY allow ON a;
--> DropPolicy public.a
--> Lock public.a AccessExclusiveLock

-- case a
DROP POLICY IF EXISTS allow ON a;

-- case a
CREATE TABLE b (id int); CREATE POLICY allow ON b USING (id IN (SELECT id FROM a));
--
DROP TABLE a CASCADE;
--> DropTable public.a
--> Lock public.a AccessExclusiveLock
--> DropPolicy public.b
--> Lock public.b AccessExclusiveLock

-- case a
CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING;
--
DROP RULE r ON a;
--> DropRule public.a
--> Lock public.a AccessExclusiveLock

-- case a
CREATE STATISTICS st ON x, y FROM a;
--
DROP STATISTICS st;
--> OtherChange public.st
--> Lock public.a ShareUpdateExclusiveLock

-- case a
CREATE SCHEMA s; CREATE TABLE s.t (id int REFERENCES a); CREATE VIEW v AS SELECT * FROM s.t;
--
DROP SCHEMA s CASCADE;
--> DropSchema s
--> Lock s.t AccessExclusiveLock
--> Lock public.a AccessExclusiveLock
--> DropView public.v
--> Lock public.v AccessExclusiveLock

-- case
CREATE SCHEMA s; CREATE TABLE s.t (id int);
--
DROP SCHEMA s;
--> DropSchema s
--> Lock s.t AccessExclusiveLock
--> refused: cannot drop schema s because other objects depend on it

-- case
CREATE SCHEMA s;
--
DROP SCHEMA s;
--> DropSchema s

-- case
DROP SCHEMA IF EXISTS s CASCADE;

-- case
CREATE EXTENSION citext; CREATE TABLE c (name citext);
--
DROP EXTENSION citext;
--> DropExtension citext
--> refused: cannot drop extension citext because other objects depend on it

-- case
CREATE EXTENSION citext; CREATE TABLE c (name citext);
--
DROP EXTENSION citext CASCADE;
--> DropExtension citext
--> DropColumn public.c
--> Lock public.c AccessExclusiveLock

-- case
CREATE EXTENSION btree_gist; CREATE TABLE b (r int, EXCLUDE USING gist (r WITH =));
--
DROP EXTENSION btree_gist CASCADE;
--> DropExtension btree_gist
--> DropConstraint public.b
--> Lock public.b AccessExclusiveLock

-- case a
CREATE PUBLICATION pub FOR TABLE a;
--
DROP PUBLICATION pub;
--> AlterPublication pub

-- case
CREATE COLLATION co FROM "C"; CREATE TABLE c (name text COLLATE co);
--
DROP COLLATION co CASCADE;
--> OtherChange public.co
--> DropColumn public.c
--> Lock public.c AccessExclusiveLock

-- case
DROP CAST IF EXISTS (int AS xml);
--> OtherChange int4.xml

-- case
CREATE TABLE "Odd Name" (id int);
--
DROP TABLE "Odd Name";
--> DropTable public.Odd Name
--> Lock public.Odd Name AccessExclusiveLock
