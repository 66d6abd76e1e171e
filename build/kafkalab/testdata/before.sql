-- What is there before a connector starts. Blocks are apart by an empty line; each is one transaction.

create extension hstore;

create type tier as enum ('free', 'paid', 'lost');

create table customers (
    id        bigint primary key,
    email     text not null,
    name      varchar(40),
    tier      tier not null default 'free',
    balance   numeric(12,2),
    score     double precision,
    active    boolean not null default true,
    tags      text[],
    born      date,
    seen      timestamptz default now(),
    updated   timestamp(3),
    settings  jsonb,
    bio       text
);

alter table customers
    alter bio set storage external;

create table orders (
    customer  bigint,
    line      integer,
    amount    numeric(12,2) not null,
    placed    timestamp not null,
    note      text,
    primary key (customer, line)
);

alter table orders
    alter note set storage external;

alter table orders replica identity full;

create table visits (at timestamptz not null, page text);

create table kinds (
    id        integer primary key,
    small     smallint,
    big       bigint,
    exact     numeric(20,4),
    free      numeric,
    whole     numeric(5),
    single    real,
    double    double precision,
    cash      money,
    flag      boolean,
    bits      bit(4),
    letters   char(4),
    bytes     bytea,
    day       date,
    clock     time,
    clock_ms  time(3),
    clock_tz  timetz,
    stamp     timestamp,
    stamp_ms  timestamp(3),
    stamp_tz  timestamptz,
    span      interval,
    ident     uuid,
    doc       json,
    docb      jsonb,
    markup    xml,
    address   inet,
    network   cidr,
    place     point,
    label     hstore,
    period    tstzrange,
    ints      integer[],
    exacts    numeric(8,2)[],
    days      date[],
    stamps    timestamptz[],
    nested    integer[][]
);

create table documents (
    id        integer primary key,
    title     text,
    body      text,
    data      jsonb,
    raw       bytea,
    words     text[],
    raws      bytea[],
    numbers   integer[],
    bigs      bigint[],
    idents    uuid[],
    labels    hstore
) with (toast_tuple_target = 128);

alter table documents
    alter body set storage external,
    alter data set storage external,
    alter raw set storage external,
    alter words set storage external,
    alter raws set storage external,
    alter numbers set storage external,
    alter bigs set storage external,
    alter idents set storage external,
    alter labels set storage external;

create table signals (id varchar(42) primary key, type varchar(32) not null, data varchar(2048));

insert into customers values
    (1, 'ann@example.com', 'Ann', 'paid', 12.50, 0.5, true, '{new,"vip, really"}', '1990-02-28',
     '2026-01-02 03:04:05.678901+02', '2026-01-02 03:04:05.678', '{"theme": "dark", "n": 1.10}', repeat('a', 2100)),
    (2, 'bob@example.com', null, 'free', null, null, true, null, null, null, null, null, null),
    (3, 'çağ@example.com', '', 'lost', -0.01, 'NaN', false, '{}', '0001-01-01', '1969-12-31 23:59:59.999999+00',
     '2026-10-25 02:30:00', '[]', 'short');

insert into orders values (1, 1, 19.99, '2026-03-01 10:00:00.123456', repeat('n', 2100)), (1, 2, 0, '2026-03-01 10:00:01', null);

insert into visits values ('2026-03-01 10:00:00+00', '/pricing');

insert into kinds values
    (1, -32768, 9223372036854775807, 1234567890123456.7891, 1.50, 12345, 1.5, 0.1, '1234.56', true, B'1010', 'ab', '\xdeadbeef00',
     '2026-02-28', '23:59:59.999999', '12:00:00.5', '12:00:00+05:30', '2026-02-28 12:34:56.123456', '2026-02-28 12:34:56.123',
     '2026-02-28 12:34:56.123456+01', '1 year 2 mons 3 days 04:05:06.5', 'a81bc81b-dead-4e5d-abff-90865d1e13b1',
     '{"a" : 1.0}', '{"a" : 1.0}', '<a>1</a>', '192.0.2.1/24', '192.0.2.0/24', '(1.5,-2)', 'a=>1,b=>NULL',
     '[2026-01-01 00:00:00+00,2026-02-01 00:00:00+00)', '{1,NULL,3}', '{1.10,NULL}', '{2026-01-01}', '{2026-01-01 00:00:00+00}', '{{1,2},{3,4}}');

insert into kinds (id) values (2);

insert into kinds (id, exact, single, double, day, stamp, stamp_tz) values
    (3, -0.0001, 'Infinity', '-Infinity', 'infinity', 'infinity', '-infinity');

insert into documents values
    (1, 'first', repeat('b', 300), jsonb_build_object('text', repeat('j', 300)), decode(repeat('00ff', 150), 'hex'), array[repeat('w', 150), repeat('x', 150)],
     array[decode(repeat('01', 300), 'hex')], array_fill(7, array[80]), array_fill(8::bigint, array[40]),
     array_fill('a81bc81b-dead-4e5d-abff-90865d1e13b1'::uuid, array[20]), hstore('long', repeat('h', 300)));
