# Stands in for mysql:8.4: the real MySQL of Debian sid. The context is what tests/support/mysql_root unpacked, with
# entrypoint beside it.
FROM debian:bookworm-slim
RUN groupadd --system --gid 999 mysql && useradd --system --uid 999 --gid mysql --home-dir /var/lib/mysql mysql && \
    install -d -o mysql -g mysql -m 1777 /var/lib/mysql /var/lib/mysql-files /var/run/mysqld
COPY usr /opt/mysql/usr
COPY entrypoint /usr/local/bin/docker-entrypoint.sh
# Its own loader gives it its own, newer libc.
RUN set -e; cd /usr/local/bin; loader=$(ls /opt/mysql/usr/lib/*/ld-linux*.so.*); \
    wrap() { printf '#!/bin/sh\nexec %s --library-path %s /opt/mysql/usr/%s "$@"\n' "$loader" "$(dirname "$loader")" "$2" >"$1"; chmod +x "$1"; }; \
    for client in mysql mysqldump mysqladmin; do wrap "$client" "bin/$client"; done; \
    wrap server sbin/mysqld; ln -s mysql database-client; \
    printf '#!/bin/sh\nexec server --basedir=/opt/mysql/usr --plugin-dir=/opt/mysql/usr/lib/mysql/plugin --mysqlx=OFF --datadir=/var/lib/mysql "$@"\n' >database-server; \
    printf '#!/bin/sh\nexec database-server --initialize-insecure\n' >database-init; chmod +x database-*
EXPOSE 3306
ENTRYPOINT ["docker-entrypoint.sh"]
