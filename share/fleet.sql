-- SPDX-License-Identifier: BSD-2-Clause
-- Where rsyslog puts the status records of a fleet, and where `phiward fleet status` reads them:
--   createdb phiward && psql -d phiward -f fleet.sql
-- A line is one record and its signature. What the columns say is for people and their queries;
-- `phiward fleet status` believes the signed line alone.
BEGIN;

CREATE TABLE phiward_console (		-- the newest record of each console
	serial text PRIMARY KEY,
	received timestamptz NOT NULL,
	reports bigint NOT NULL,	-- how many it has made
	record jsonb NOT NULL,
	line text NOT NULL
);

CREATE TABLE phiward_report (		-- all of them
	received timestamptz NOT NULL DEFAULT now(),
	serial text NOT NULL,
	record jsonb NOT NULL,
	line text NOT NULL
);
CREATE INDEX phiward_report_received ON phiward_report (received);
CREATE INDEX phiward_report_serial ON phiward_report (serial, received);

CREATE TABLE phiward_refused (		-- what was no record
	received timestamptz NOT NULL DEFAULT now(),
	why text NOT NULL,
	line text NOT NULL
);

-- What rsyslog calls. It never fails: rsyslog would send the same again for ever.
CREATE FUNCTION phiward_take(line text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	parts text[] := regexp_match(line, '^\s*(\{.*\}) ([A-Za-z0-9+/]+={0,2})\s*$');
	new_record jsonb;
BEGIN
	IF parts IS NULL THEN
		INSERT INTO phiward_refused (why, line) VALUES ('no record', left(line, 8192));
		RETURN;
	END IF;
	new_record := parts[1]::jsonb;
	INSERT INTO phiward_report (serial, record, line)
		VALUES (new_record->>'serial', new_record, trim(line));
	INSERT INTO phiward_console AS old (serial, received, reports, record, line)
		VALUES (new_record->>'serial', now(), (new_record->>'reports')::bigint, new_record, trim(line))
		ON CONFLICT (serial) DO UPDATE
		SET received = excluded.received, reports = excluded.reports,
			record = excluded.record, line = excluded.line
		-- By its clock first: a console that was set up anew counts anew.
		WHERE ((excluded.record->>'time')::bigint, excluded.reports) >
			((old.record->>'time')::bigint, old.reports);
EXCEPTION WHEN others THEN
	INSERT INTO phiward_refused (why, line) VALUES (SQLERRM, left(phiward_take.line, 8192));
END
$$;

-- For queries by hand.
CREATE VIEW phiward_fleet AS
	SELECT serial, received, record->>'model' AS model, record->>'department' AS department,
		record->>'policy' AS policy, (record->>'version')::bigint AS version,
		(record->>'site_version')::bigint AS site_version,
		record->>'state' AS state, (record->>'enforcing')::boolean AS enforcing,
		(record->>'lost')::bigint AS lost, record->>'health' AS health
	FROM phiward_console;

-- One user writes by that function alone, another reads.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'phiward_rsyslog') THEN
		CREATE ROLE phiward_rsyslog LOGIN;
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'phiward_view') THEN
		CREATE ROLE phiward_view LOGIN;
	END IF;
END
$$;
REVOKE ALL ON FUNCTION phiward_take(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phiward_take(text) TO phiward_rsyslog;
GRANT SELECT ON phiward_console, phiward_report, phiward_refused, phiward_fleet TO phiward_view;

COMMIT;
