-- Triggers, policies, event triggers. Read by cases.py.

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

-- given f
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';

-- case a f
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
--> CreateTrigger public.a
--> Lock public.a ShareRowExclusiveLock

-- case a f
CREATE OR REPLACE TRIGGER t AFTER UPDATE OF x ON a FOR EACH STATEMENT EXECUTE FUNCTION f();
--> CreateTrigger public.a
--> Lock public.a ShareRowExclusiveLock

-- case p f
CREATE TRIGGER t BEFORE INSERT ON p FOR EACH STATEMENT EXECUTE FUNCTION f();
--> CreateTrigger public.p
--> Lock public.p ShareRowExclusiveLock

-- case p sub f
CREATE TRIGGER t AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
--> CreateTrigger public.p
--> Lock public.p ShareRowExclusiveLock
--> Lock public.p1 ShareRowExclusiveLock
--> Lock public.p2 ShareRowExclusiveLock
--> Lock public.p21 ShareRowExclusiveLock
--> Lock public.pd ShareRowExclusiveLock

-- case a f
CREATE TABLE b (id int);
--
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a FROM b FOR EACH ROW EXECUTE FUNCTION f();
--> CreateTrigger public.a
--> Lock public.a ShareRowExclusiveLock
--> Lock public.b AccessShareLock

-- case a f
CREATE TABLE heir () INHERITS (a);
--
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
--> CreateTrigger public.a
--> Lock public.a ShareRowExclusiveLock

-- case a f
CREATE VIEW v AS SELECT * FROM a;
--
CREATE TRIGGER t INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
--> CreateTrigger public.v
--> Lock public.v ShareRowExclusiveLock

-- case a f
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
--
CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
--> CreateTrigger public.a
--> Lock public.a ShareRowExclusiveLock
--> refused: trigger "t" for relation "public.a" already exists

-- case a
CREATE POLICY allow ON a USING (x > 0);
--> CreatePolicy public.a
--> Lock public.a AccessExclusiveLock

-- case a
CREATE TABLE b (id int);
--
CREATE POLICY allow ON b USING (id IN (SELECT id FROM a)) WITH CHECK (EXISTS (SELECT FROM b));
--> CreatePolicy public.b
--> Lock public.b AccessExclusiveLock
--> Lock public.a AccessShareLock

-- case p
CREATE POLICY allow ON p;
--> CreatePolicy public.p
--> Lock public.p AccessExclusiveLock

-- case a
CREATE TABLE b (id int); CREATE POLICY allow ON b USING (id IN (SELECT id FROM a));
--
ALTER POLICY allow ON b TO PUBLIC;
--> AlterPolicy public.b
--> Lock public.b AccessExclusiveLock
--> Lock public.a AccessShareLock

-- case
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'begin end';
--
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION f();
--> OtherChange watch
