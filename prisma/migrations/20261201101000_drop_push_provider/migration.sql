-- Both columns were written and never read. They may go at once only because no release has run in
-- production yet. A migration of its own, so that no transaction locks contacts and sessions.
ALTER TABLE sessions DROP COLUMN push_provider, DROP COLUMN push_updated_at;
