-- What happens while the connectors stream. Blocks are apart by an empty line; each is one transaction. A block
-- "-- wait" waits until every connector is through with what was before it: a table's new form must not overtake them.

insert into customers values (4, 'dan@example.com', 'Dan', 'paid', 100, 1, true, '{a}', '2000-01-01', '2026-04-01 00:00:00+00', '2026-04-01 00:00:00',
    '{}', repeat('d', 2100));

-- the long text is as it was: TOAST keeps it elsewhere and the log does not have it
update customers set name = 'Daniel', balance = 99.99 where id = 4;

-- from long to short: the log has it
update customers set bio = 'now short' where id = 4;

-- set to null, explicitly
update customers set name = null, tags = null, settings = null where id = 1;

-- nothing changes
update customers set email = email where id = 2;

-- the key changes
update customers set id = 20 where id = 2;

delete from customers where id = 3;

-- back again under the same key
insert into customers (id, email, seen) values (3, 'new@example.com', '2026-04-01 12:00:00+00');

-- one transaction, two tables, three rows; one savepoint that is given up
begin;
insert into orders values (4, 1, 5.00, '2026-04-02 00:00:00', 'kept');
savepoint a;
insert into orders values (4, 2, 6.00, '2026-04-02 00:00:00', 'given up');
rollback to savepoint a;
update customers set balance = 94.99 where id = 4;
update orders set amount = 5.50 where customer = 4;
commit;

-- rolled back: no event
begin;
insert into customers (id, email) values (99, 'nobody@example.com');
delete from orders;
rollback;

-- full identity: before is the whole row, the long text of which is in it
update orders set amount = 20.99 where customer = 1 and line = 1;

-- the key changes, full identity
update orders set line = 3 where customer = 1 and line = 2;

delete from orders where customer = 4;

insert into visits values ('2026-04-02 00:00:00+00', null);

update documents set title = 'second' where id = 1;

update kinds set small = 1 where id = 1;

select pg_logical_emit_message(true, 'audit', 'hello');

select pg_logical_emit_message(false, 'audit', 'outside of the transaction');

truncate orders;

truncate visits, documents;

-- wait

alter table customers add column phone text not null default 'none';

update customers set email = 'dan2@example.com' where id = 4;

-- wait

alter table customers drop column score;

update customers set email = 'dan3@example.com' where id = 4;

-- wait

alter table customers alter column balance type text;

update customers set balance = 'much' where id = 4;

-- wait

alter table customers rename column name to full_name;

update customers set full_name = 'Dan D.' where id = 4;

-- wait

insert into signals values ('again', 'execute-snapshot', '{"type": "incremental", "data-collections": ["public.customers"]}');
