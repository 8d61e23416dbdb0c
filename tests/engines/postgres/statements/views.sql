-- Views, rules, REFRESH MATERIALIZED VIEW. Read by cases.py.

-- given a
CREATE TABLE a (id int PRIMARY KEY, x int UNIQUE, y int, name text);
CREATE UNIQUE INDEX a_y ON a (y);

-- given p
CREATE TABLE p (id int PRIMARY KEY, v int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE pd PARTITION OF p DEFAULT;

-- given m
CREATE MATERIALIZED VIEW m AS SELECT id, x FROM a;
CREATE UNIQUE INDEX m_id ON m (id);

-- given v
CREATE VIEW v AS SELECT id, x FROM a;

-- case a
CREATE VIEW n AS SELECT * FROM a;
--> CreateView public.n
--> Lock public.a AccessShareLock

-- case a v
CREATE VIEW n AS SELECT * FROM v;
--> CreateView public.n
--> Lock public.v AccessShareLock

-- case p
CREATE VIEW n AS SELECT * FROM p;
--> CreateView public.n
--> Lock public.p AccessShareLock

-- case a
CREATE TEMP VIEW n AS SELECT id FROM a;
--> CreateView pg_temp.n
--> Lock public.a AccessShareLock

-- case a v
CREATE OR REPLACE VIEW v AS SELECT id, x, y FROM a;
--> CreateView public.v
--> Lock public.v AccessExclusiveLock
--> Lock public.a AccessShareLock

-- case a v
CREATE OR REPLACE VIEW v AS SELECT id FROM a;
--> CreateView public.v
--> Lock public.v AccessExclusiveLock
--> Lock public.a AccessShareLock
--> refused: cannot drop columns from view

-- case a v
CREATE OR REPLACE VIEW v AS SELECT x, id FROM a;
--> CreateView public.v
--> Lock public.v AccessExclusiveLock
--> Lock public.a AccessShareLock
--> refused: cannot change name of view column "id" to "x"

-- case a v
CREATE VIEW v AS SELECT 1;
--> CreateView public.v
--> Lock public.v AccessExclusiveLock
--> refused: relation "v" already exists

-- case a
CREATE OR REPLACE VIEW a AS SELECT 1;
--> CreateView public.a
--> Lock public.a AccessExclusiveLock
--> refused: "a" is not a view

-- case a
CREATE OR REPLACE VIEW n AS SELECT 1 FROM a;
--> CreateView public.n
--> Lock public.a AccessShareLock

-- case a
CREATE RECURSIVE VIEW n (k) AS SELECT id FROM a UNION ALL SELECT k + 1 FROM n;
--> CreateView public.n
--> Lock public.a AccessShareLock

-- case a m
REFRESH MATERIALIZED VIEW m;
--> RefreshMaterializedView public.m
--> Lock public.m AccessExclusiveLock
--> Rewrite public.m
--> IndexBuild public.m_id on public.m
--> Lock public.a AccessShareLock
--> Scan public.a ?

-- case a m
REFRESH MATERIALIZED VIEW CONCURRENTLY m;
--> RefreshMaterializedView public.m
--> Lock public.m ExclusiveLock
--> Scan public.m
--> Lock public.a AccessShareLock
--> Scan public.a ?

-- case a m
REFRESH MATERIALIZED VIEW m WITH NO DATA;
--> RefreshMaterializedView public.m
--> Lock public.m AccessExclusiveLock

-- case a m
REFRESH MATERIALIZED VIEW CONCURRENTLY m WITH NO DATA;
--> RefreshMaterializedView public.m
--> Lock public.m ExclusiveLock
--> refused: REFRESH options CONCURRENTLY and WITH NO DATA cannot be used together

-- case a
CREATE MATERIALIZED VIEW k AS SELECT id FROM a;
--
REFRESH MATERIALIZED VIEW CONCURRENTLY k;
--> RefreshMaterializedView public.k
--> Lock public.k ExclusiveLock
--> Scan public.k
--> Lock public.a AccessShareLock
--> Scan public.a ?
--> refused: cannot refresh materialized view "public.k" concurrently

-- case a
CREATE MATERIALIZED VIEW k AS SELECT id FROM a WITH NO DATA; CREATE UNIQUE INDEX ON k (id);
--
REFRESH MATERIALIZED VIEW CONCURRENTLY k;
--> RefreshMaterializedView public.k
--> Lock public.k ExclusiveLock
--> Scan public.k
--> Lock public.a AccessShareLock
--> Scan public.a ?
--> refused: CONCURRENTLY cannot be used when the materialized view is not populated

-- case a v
CREATE MATERIALIZED VIEW k AS SELECT id FROM v;
--
REFRESH MATERIALIZED VIEW k;
--> RefreshMaterializedView public.k
--> Lock public.k AccessExclusiveLock
--> Rewrite public.k
--> Lock public.v AccessShareLock
--> Lock public.a AccessShareLock
--> Scan public.a ?

-- case p
CREATE MATERIALIZED VIEW k AS SELECT id FROM p;
--
REFRESH MATERIALIZED VIEW k;
--> RefreshMaterializedView public.k
--> Lock public.k AccessExclusiveLock
--> Rewrite public.k
--> Lock public.p AccessShareLock
--> Lock public.p1 AccessShareLock
--> Scan public.p1 ?
--> Lock public.pd AccessShareLock
--> Scan public.pd ?

-- case a
CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING;
--> CreateRule public.a
--> Lock public.a AccessExclusiveLock

-- case a
CREATE TABLE b (id int);
--
CREATE RULE r AS ON INSERT TO b WHERE NEW.id IN (SELECT id FROM a) DO ALSO DELETE FROM a;
--> CreateRule public.b
--> Lock public.b AccessExclusiveLock
--> Lock public.a RowExclusiveLock
