-- The two profiles of the original system. `vacancy up` puts them into a new database.
INSERT INTO hardware (provider, name) VALUES ('Amazon', 'c5');
INSERT INTO hardware (provider, name) VALUES ('Azure', 'H16mr');
