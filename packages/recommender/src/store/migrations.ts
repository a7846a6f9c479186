/**
 * The steps by which an empty database becomes today's; the number of steps is the schema's version (`PRAGMA user_version`).
 * A step is never changed once released: add another.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE track (
    id          INTEGER PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,
    title       TEXT NOT NULL,
    artist      TEXT NOT NULL,
    duration_ms INTEGER,
    identifier  TEXT NOT NULL
  ) STRICT;

  CREATE TABLE play (
    play_id       TEXT NOT NULL UNIQUE,
    community_id  TEXT NOT NULL,
    user_id       TEXT,
    track_id      INTEGER NOT NULL REFERENCES track (id),
    started_at_ms INTEGER NOT NULL,
    heard_ratio   REAL NOT NULL,
    previous_id   INTEGER REFERENCES track (id)
  ) STRICT;

  CREATE INDEX play_by_time ON play (community_id, started_at_ms);
  CREATE INDEX play_by_track ON play (community_id, track_id);
  CREATE INDEX play_by_previous ON play (community_id, previous_id) WHERE previous_id IS NOT NULL;
  CREATE INDEX play_by_user ON play (user_id) WHERE user_id IS NOT NULL;
  `,
  `
  ALTER TABLE track ADD COLUMN album TEXT;

  CREATE TABLE listener (
    id           INTEGER PRIMARY KEY,
    user_id      TEXT NOT NULL UNIQUE,
    display_name TEXT
  ) STRICT;

  CREATE TABLE scrobble (
    listener_id   INTEGER NOT NULL REFERENCES listener (id) ON DELETE CASCADE,
    started_at_ms INTEGER NOT NULL,
    track_id      INTEGER NOT NULL REFERENCES track (id),
    PRIMARY KEY (listener_id, started_at_ms, track_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE playlist (
    id          INTEGER PRIMARY KEY,
    listener_id INTEGER NOT NULL REFERENCES listener (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    description TEXT,
    type        TEXT NOT NULL
  ) STRICT;
  CREATE INDEX playlist_by_listener ON playlist (listener_id);

  CREATE TABLE playlist_track (
    playlist_id INTEGER NOT NULL REFERENCES playlist (id) ON DELETE CASCADE,
    place       INTEGER NOT NULL,
    track_id    INTEGER NOT NULL REFERENCES track (id),
    PRIMARY KEY (playlist_id, place)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE track_tag (
    track_id INTEGER NOT NULL REFERENCES track (id),
    name     TEXT NOT NULL,
    weight   REAL NOT NULL,
    PRIMARY KEY (track_id, name)
  ) STRICT, WITHOUT ROWID;
  `,
];
