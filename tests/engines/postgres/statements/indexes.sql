-- CREATE INDEX and REINDEX. Read by cases.py.

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

-- case a
CREATE INDEX ON a (name);
--> CreateIndex public.a
--> Lock public.a ShareLock
--> Scan public.a
--> IndexBuild public.a_name_idx on public.a

-- case a
CREATE INDEX i ON a (name, x DESC) INCLUDE (y) WHERE x > 5;
--> CreateIndex public.a
--> Lock public.a ShareLock
--> Scan public.a
--> IndexBuild public.i on public.a

-- case a
CREATE INDEX CONCURRENTLY i ON a (name);
--> CreateIndex public.a
--> Lock public.a ShareUpdateExclusiveLock
--> Scan public.a
--> IndexBuild public.i on public.a
--> not in a transaction

-- case a
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (name);
--> CreateIndex public.a
--> Lock public.a ShareUpdateExclusiveLock
--> Scan public.a
--> IndexBuild public.i on public.a
--> not in a transaction

-- case a
CREATE INDEX IF NOT EXISTS a_y ON a (name);
--> CreateIndex public.a
--> Lock public.a ShareLock

-- case a
CREATE INDEX a_y ON a (name);
--> CreateIndex public.a
--> Lock public.a ShareLock
--> refused: relation "a_y" already exists

-- case a
CREATE INDEX a ON a (name);
--> CreateIndex public.a
--> Lock public.a ShareLock
--> refused: relation "a" already exists

-- case a
CREATE INDEX ON a (name, (created_at > now()));
--> CreateIndex public.a
--> Lock public.a ShareLock
--> Scan public.a
--> IndexBuild public.a_name_expr_idx on public.a
--> refused: functions in index expression must be marked IMMUTABLE

-- case a
CREATE VIEW v AS SELECT * FROM a;
--
CREATE INDEX ON v (id);
--> CreateIndex public.v
--> Lock public.v ShareLock
--> Scan public.v
--> IndexBuild public.v_id_idx on public.v
--> refused: cannot create index on relation "v"

-- case a m
CREATE INDEX ON m (x);
--> CreateIndex public.m
--> Lock public.m ShareLock
--> Scan public.m
--> IndexBuild public.m_x_idx on public.m

-- case a
CREATE TABLE heir () INHERITS (a);
--
CREATE INDEX ON a (name);
--> CreateIndex public.a
--> Lock public.a ShareLock
--> Scan public.a
--> IndexBuild public.a_name_idx on public.a

-- case p
CREATE INDEX ON p (v);
--> CreateIndex public.p
--> Lock public.p ShareLock
--> Lock public.p1 ShareLock
--> Lock public.pd ShareLock
--> Scan public.p1
--> IndexBuild public.p1_v_idx on public.p1
--> Scan public.pd
--> IndexBuild public.pd_v_idx on public.pd

-- case p sub
CREATE INDEX ON p (v);
--> CreateIndex public.p
--> Lock public.p ShareLock
--> Lock public.p1 ShareLock
--> Lock public.p2 ShareLock
--> Lock public.p21 ShareLock
--> Lock public.pd ShareLock
--> Scan public.p1
--> IndexBuild public.p1_v_idx on public.p1
--> Scan public.p21
--> IndexBuild public.p21_v_idx on public.p21
--> Scan public.pd
--> IndexBuild public.pd_v_idx on public.pd

-- case p
CREATE INDEX pv ON ONLY p (v);
--> CreateIndex public.p
--> Lock public.p ShareLock

-- case p
CREATE INDEX CONCURRENTLY pv ON p (v);
--> CreateIndex public.p
--> Lock public.p ShareUpdateExclusiveLock
--> Lock public.p1 ShareUpdateExclusiveLock
--> Lock public.pd ShareUpdateExclusiveLock
--> refused: cannot create index on partitioned table "p" concurrently
--> not in a transaction

-- case p
CREATE INDEX CONCURRENTLY ON p1 (v);
--> CreateIndex public.p1
--> Lock public.p1 ShareUpdateExclusiveLock
--> Scan public.p1
--> IndexBuild public.p1_v_idx on public.p1
--> not in a transaction

-- case p
CREATE INDEX own ON p1 (v);
--
CREATE INDEX ON p (v);
--> CreateIndex public.p
--> Lock public.p ShareLock
--> Lock public.p1 ShareLock
--> Lock public.pd ShareLock
--> Scan public.pd
--> IndexBuild public.pd_v_idx on public.pd

-- case p
CREATE UNIQUE INDEX own ON p1 (id, v);
--
CREATE INDEX ON p (id, v);
--> CreateIndex public.p
--> Lock public.p ShareLock
--> Lock public.p1 ShareLock
--> Lock public.pd ShareLock
--> Scan public.p1
--> IndexBuild public.p1_id_v_idx on public.p1
--> Scan public.pd
--> IndexBuild public.pd_id_v_idx on public.pd

-- case a
REINDEX INDEX a_y;
--> Reindex public.a
--> Lock public.a ShareLock
--> Lock public.a_y AccessExclusiveLock
--> Scan public.a
--> IndexBuild public.a_y on public.a

-- case a
REINDEX INDEX CONCURRENTLY a_y;
--> Reindex public.a
--> Lock public.a ShareUpdateExclusiveLock
--> Lock public.a_y ShareUpdateExclusiveLock
--> Scan public.a
--> IndexBuild public.a_y on public.a
--> not in a transaction

-- case a
REINDEX (CONCURRENTLY) INDEX a_y;
--> Reindex public.a
--> Lock public.a ShareUpdateExclusiveLock
--> Lock public.a_y ShareUpdateExclusiveLock
--> Scan public.a
--> IndexBuild public.a_y on public.a
--> not in a transaction

-- case a
REINDEX (CONCURRENTLY false) INDEX a_y;
--> Reindex public.a
--> Lock public.a ShareLock
--> Lock public.a_y AccessExclusiveLock
--> Scan public.a
--> IndexBuild public.a_y on public.a

-- case a
REINDEX TABLE a;
--> Reindex public.a
--> Lock public.a ShareLock
--> Lock public.a_pkey AccessExclusiveLock
--> Scan public.a
--> IndexBuild public.a_pkey on public.a
--> Lock public.a_x_key AccessExclusiveLock
--> IndexBuild public.a_x_key on public.a
--> Lock public.a_y AccessExclusiveLock
--> IndexBuild public.a_y on public.a

-- case a
REINDEX TABLE CONCURRENTLY a;
--> Reindex public.a
--> Lock public.a ShareUpdateExclusiveLock
--> Lock public.a_pkey ShareUpdateExclusiveLock
--> Scan public.a
--> IndexBuild public.a_pkey on public.a
--> Lock public.a_x_key ShareUpdateExclusiveLock
--> IndexBuild public.a_x_key on public.a
--> Lock public.a_y ShareUpdateExclusiveLock
--> IndexBuild public.a_y on public.a
--> not in a transaction

-- case a m
REINDEX TABLE m;
--> Reindex public.m
--> Lock public.m ShareLock
--> Lock public.m_id AccessExclusiveLock
--> Scan public.m
--> IndexBuild public.m_id on public.m

-- case p
REINDEX TABLE p;
--> Reindex public.p
--> Lock public.p ShareLock
--> Lock public.p1 ShareLock
--> Lock public.p1_pkey AccessExclusiveLock
--> Scan public.p1
--> IndexBuild public.p1_pkey on public.p1
--> Lock public.pd ShareLock
--> Lock public.pd_pkey AccessExclusiveLock
--> Scan public.pd
--> IndexBuild public.pd_pkey on public.pd
--> not in a transaction

-- case p
REINDEX TABLE CONCURRENTLY p;
--> Reindex public.p
--> Lock public.p ShareUpdateExclusiveLock
--> Lock public.p1 ShareLock
--> Lock public.p1_pkey ShareUpdateExclusiveLock
--> Scan public.p1
--> IndexBuild public.p1_pkey on public.p1
--> Lock public.pd ShareLock
--> Lock public.pd_pkey ShareUpdateExclusiveLock
--> Scan public.pd
--> IndexBuild public.pd_pkey on public.pd
--> not in a transaction

-- case p
REINDEX INDEX p_pkey;
--> Reindex public.p
--> Lock public.p ShareLock
--> Lock public.p1 ShareLock
--> Lock public.p1_pkey AccessExclusiveLock
--> Scan public.p1
--> IndexBuild public.p1_pkey on public.p1
--> Lock public.pd ShareLock
--> Lock public.pd_pkey AccessExclusiveLock
--> Scan public.pd
--> IndexBuild public.pd_pkey on public.pd
--> not in a transaction

-- case
CREATE EXTENSION btree_gist; CREATE TABLE b (r int, EXCLUDE USING gist (r WITH =));
--
REINDEX INDEX CONCURRENTLY b_r_excl;
--> Reindex public.b
--> Lock public.b ShareUpdateExclusiveLock
--> Lock public.b_r_excl ShareUpdateExclusiveLock
--> Scan public.b
--> IndexBuild public.b_r_excl on public.b
--> refused: cannot reindex exclusion constraint index concurrently
--> not in a transaction

-- case a
CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY);
--
REINDEX SCHEMA s;
--> Reindex s
--> Lock s.t ShareLock
--> Lock s.t_pkey AccessExclusiveLock
--> Scan s.t
--> IndexBuild s.t_pkey on s.t
--> not in a transaction

-- case
REINDEX SYSTEM CONCURRENTLY postgres;
--> Reindex postgres
--> refused: cannot reindex system catalogs concurrently
--> not in a transaction
