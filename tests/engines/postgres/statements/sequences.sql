-- CREATE and ALTER SEQUENCE. Read by cases.py.

-- given t
CREATE TABLE t (id int);
CREATE SEQUENCE s;

-- case
CREATE SEQUENCE n;
--> CreateSequence public.n

-- case t
CREATE SEQUENCE n OWNED BY t.id;
--> CreateSequence public.n
--> Lock public.t AccessShareLock

-- case t
CREATE SEQUENCE s;
--> CreateSequence public.s
--> refused: relation "s" already exists

-- case t
CREATE SEQUENCE IF NOT EXISTS s OWNED BY t.id;
--> CreateSequence public.s

-- case t
ALTER SEQUENCE s RESTART WITH 5;
--> AlterSequence public.s
--> Lock public.s ShareRowExclusiveLock

-- case t
ALTER SEQUENCE s INCREMENT BY 2;
--> AlterSequence public.s
--> Lock public.s ShareRowExclusiveLock

-- case t
ALTER SEQUENCE s OWNED BY t.id;
--> AlterSequence public.s
--> Lock public.s ShareRowExclusiveLock
--> Lock public.t AccessShareLock

-- case t
ALTER SEQUENCE s OWNED BY NONE;
--> AlterSequence public.s
--> Lock public.s ShareRowExclusiveLock

-- case
ALTER SEQUENCE IF EXISTS nope RESTART;
