create table if not exists orders (
  id text primary key,
  customer text not null,
  status text not null,
  amount_cents bigint not null
);
