-- Presence is compared with its leases every minute: a handful of rows among all users.
CREATE INDEX users_online ON users (id) WHERE is_online;
