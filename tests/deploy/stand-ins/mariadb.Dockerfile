# Stands in for mariadb: the server of Debian 12. As in the image of MariaDB 11, no program is named mysql.
FROM debian:bookworm-slim
RUN groupadd --system --gid 999 mysql && useradd --system --uid 999 --gid mysql --home-dir /var/lib/mysql mysql && \
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends mariadb-server && \
    rm -rf /var/lib/mysql /var/run/mysqld /var/lib/apt/lists/* /usr/bin/mysql* /etc/mysql/mariadb.conf.d/* && \
    install -d -o mysql -g mysql -m 1777 /var/lib/mysql /var/run/mysqld
COPY entrypoint /usr/local/bin/docker-entrypoint.sh
RUN set -e; cd /usr/local/bin; ln -s /usr/bin/mariadb database-client; \
    printf '#!/bin/sh\nexec mariadbd --datadir=/var/lib/mysql "$@"\n' >database-server; \
    printf '#!/bin/sh\nexec mariadb-install-db --datadir=/var/lib/mysql --skip-test-db --auth-root-authentication-method=normal\n' >database-init; \
    chmod +x database-*
EXPOSE 3306
ENTRYPOINT ["docker-entrypoint.sh"]
