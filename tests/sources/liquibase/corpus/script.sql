select 1;

-- why
update a set b = 1;
select 2
