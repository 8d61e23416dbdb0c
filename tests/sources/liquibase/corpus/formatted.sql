--liquibase formatted sql

--property name:table value:gadgets

--changeset ada:plain
create table a (id int);
--rollback drop table a;

--changeset ada:"two words" runInTransaction:false
create index concurrently i on a (id);
--rollback drop index concurrently i;

--changeset ada:several splitStatements:true endDelimiter:@@
create procedure p() begin select 1; end@@
select 2@@
--rollback drop procedure p
--rollback @@

--changeset ada:whole splitStatements:false
create function f() returns int as $$ begin if true then return 1; end if; return 2; end; $$ language plpgsql;
--rollback drop function f();

-- changeset ada:spaced stripComments:false context:"a or b" labels:x,y
-- comment: why
-- a remark
select 1; -- trailing
select 2;
/* liquibase rollback
select 3;
select 4;
*/

--changeset ada:none
update a set id = 1;
--rollback not required

--changeset ada:empty
update a set id = 1;
--rollback empty

--changeset ada:other
drop table a;
--rollback changesetId:plain changesetAuthor:ada

--changeset ada:properties
create table ${table} (id int, note text default '${unknown}');

--changeset ada:checked dbms:postgresql,mysql,mariadb
--preconditions onFail:MARK_RAN
--precondition-sql-check expectedResult:0 select count(*) from a
select 5;

--changeset ada:ignored
select 6;
--ignoreLines:2
select 7;
select 8;
select 9;
--ignoreLines:start
select 10;
--ignoreLines:end
select 11;

--changeset ada:h2 dbms:h2
select 'h2';
