-- The step and the states pending and failed were never written: an erasure runs until it is done. The
-- column may go at once only because no release has run in production yet.
ALTER TABLE erasure_jobs
    DROP COLUMN step,
    ALTER COLUMN state SET DEFAULT 'running',
    DROP CONSTRAINT erasure_jobs_state,
    ADD CONSTRAINT erasure_jobs_state CHECK (state IN ('running', 'done'));
