-- No query looks for sessions by the time of their revocation.
DROP INDEX CONCURRENTLY sessions_revoked;
