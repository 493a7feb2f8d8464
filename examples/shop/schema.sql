create table orders (
  id uuid primary key,
  customer text not null,
  cents int not null,
  voucher text,
  placed_at timestamptz not null default now()
);
-- What the ledger has yet to hear of: written in the transaction of its order.
create table outbox (
  number bigserial primary key,
  order_id uuid not null unique,
  body text not null,
  sent_at timestamptz
);
create table vouchers (
  code text primary key,
  used_by uuid
);
insert into vouchers (code) select 'voucher-' || n from generate_series(1, 20) as n;
