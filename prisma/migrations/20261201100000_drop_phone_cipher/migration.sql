-- The column was never written. A client generated before selects every column of its schema: it may
-- go at once only because no release has run in production yet.
ALTER TABLE contacts DROP COLUMN phone_cipher;
