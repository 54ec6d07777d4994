-- compatible: older programs do not look at these tables, and send no alerts.

-- Which replica evaluates and sends. A single row, whose lock keeps a replica that lost its lease from writing.
CREATE TABLE alerting (
  id ${key},
  owner VARCHAR(191) NOT NULL,
  -- Names one lease: grows whenever another owner takes it.
  token BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  -- How long it was given for.
  lease BIGINT NOT NULL,
  -- Changes up to this revision are evaluated. NULL: none yet.
  seen BIGINT
) ${exact_text} ${table};

-- What the evaluation remembers about a rule and a profile or another subject of it.
CREATE TABLE alert_state (
  state_key VARCHAR(750) NOT NULL PRIMARY KEY,
  content MEDIUMTEXT NOT NULL
) ${exact_text} ${table};

-- Messages to receivers.
CREATE TABLE outbox (
  id ${identity},
  message_id VARCHAR(191) NOT NULL,
  receiver VARCHAR(191) NOT NULL,
  -- A number made of what must stay in order (store/alerts.hpp).
  order_key BIGINT NOT NULL,
  body MEDIUMTEXT NOT NULL,
  -- 0: it waits, 1: it is delivered, 2: it is dead.
  state BIGINT NOT NULL DEFAULT 0,
  created BIGINT NOT NULL,
  -- The next attempt.
  due BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  -- Of the latest attempt.
  error TEXT,
  -- When it was delivered, or given up.
  ended BIGINT
) ${exact_text} ${table};
CREATE UNIQUE INDEX outbox_message ON outbox (receiver, message_id);
CREATE INDEX outbox_queue ON outbox (receiver, state, id);
CREATE INDEX outbox_order ON outbox (receiver, order_key, state, id);
CREATE INDEX outbox_state ON outbox (state, id);
