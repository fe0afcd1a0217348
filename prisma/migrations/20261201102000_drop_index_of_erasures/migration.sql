-- No query looks for accounts by the time of their erasure: an outbox job carries it.
DROP INDEX CONCURRENTLY user_state_erase;
