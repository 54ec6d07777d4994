#include <errmsg.h>
#include <mysqld_error.h>

#include <algorithm>
#include <array>

#include "sql/mysql_client.hpp"

namespace sql {
namespace {

struct Meaning {
  unsigned int number;
  ErrorKind kind;
};

/// Numbers that the header of libmariadb lacks, which knows MariaDB 10.11.
enum Newer : std::uint16_t {
  kConnectionKilled = 1927,  // MariaDB: KILL
  kQueryTimeout = 3024,      // MySQL: max_execution_time
  kServerOffline = 3032,     // MySQL: offline_mode
  kGroupUnavailable = 3100,  // MySQL: group replication refused the commit
  kGroupRolledBack = 3101,   // MySQL: group replication rolled it back for another node's
  kSessionWasKilled = 3169,  // MySQL: KILL
  kLockNotNow = 3572,        // NOWAIT
  kIdleTooLong = 4031,       // MySQL: wait_timeout
};

/// All errors with a meaning; any other is a wrong statement, or unexpected.
constexpr std::array kMeanings = std::to_array<Meaning>({
    {ER_DUP_ENTRY, ErrorKind::unique},

    {ER_TABLE_EXISTS_ERROR, ErrorKind::exists},
    {ER_DUP_FIELDNAME, ErrorKind::exists},
    {ER_DUP_KEYNAME, ErrorKind::exists},

    {ER_DBACCESS_DENIED_ERROR, ErrorKind::denied},
    {ER_TABLEACCESS_DENIED_ERROR, ErrorKind::denied},
    {ER_COLUMNACCESS_DENIED_ERROR, ErrorKind::denied},

    // Somebody else was first, or the statement was ended: the transaction may be run again in this session.
    {ER_CHECKREAD, ErrorKind::busy},
    {ER_LOCK_WAIT_TIMEOUT, ErrorKind::busy},
    {ER_LOCK_DEADLOCK, ErrorKind::busy},  // also Galera's: another node's transaction won
    {ER_QUERY_INTERRUPTED, ErrorKind::busy},
    {ER_TABLE_DEF_CHANGED, ErrorKind::busy},
    {ER_XA_RBDEADLOCK, ErrorKind::busy},
    {ER_NEED_REPREPARE, ErrorKind::busy},
    {ER_TOO_MANY_CONCURRENT_TRXS, ErrorKind::busy},
    {ER_LOCK_ABORTED, ErrorKind::busy},
    {ER_STATEMENT_TIMEOUT, ErrorKind::busy},
    {kQueryTimeout, ErrorKind::busy},
    {kGroupRolledBack, ErrorKind::busy},
    {kLockNotNow, ErrorKind::busy},

    // No connection, or a broken one.
    {CR_SOCKET_CREATE_ERROR, ErrorKind::lost},
    {CR_CONNECTION_ERROR, ErrorKind::lost},
    {CR_CONN_HOST_ERROR, ErrorKind::lost},
    {CR_IPSOCK_ERROR, ErrorKind::lost},
    {CR_UNKNOWN_HOST, ErrorKind::lost},
    {CR_SERVER_GONE_ERROR, ErrorKind::lost},
    {CR_SERVER_HANDSHAKE_ERR, ErrorKind::lost},
    {CR_SERVER_LOST, ErrorKind::lost},
    {CR_COMMANDS_OUT_OF_SYNC, ErrorKind::lost},
    {CR_MALFORMED_PACKET, ErrorKind::lost},
    {CR_SERVER_LOST_EXTENDED, ErrorKind::lost},
    {CR_STMT_CLOSED, ErrorKind::lost},
    {CR_ERR_NET_READ, ErrorKind::lost},
    {CR_ERR_NET_WRITE, ErrorKind::lost},
    {ER_HANDSHAKE_ERROR, ErrorKind::lost},
    {ER_FORCING_CLOSE, ErrorKind::lost},
    {ER_ABORTING_CONNECTION, ErrorKind::lost},
    {ER_NEW_ABORTING_CONNECTION, ErrorKind::lost},
    {ER_NET_PACKET_TOO_LARGE, ErrorKind::lost},
    {ER_NET_PACKETS_OUT_OF_ORDER, ErrorKind::lost},
    {ER_NET_READ_ERROR, ErrorKind::lost},
    {ER_NET_READ_INTERRUPTED, ErrorKind::lost},
    {ER_NET_ERROR_ON_WRITE, ErrorKind::lost},
    {ER_NET_WRITE_INTERRUPTED, ErrorKind::lost},
    {ER_UNKNOWN_STMT_HANDLER, ErrorKind::lost},
    {ER_CANT_CHANGE_TX_CHARACTERISTICS, ErrorKind::lost},
    {kConnectionKilled, ErrorKind::lost},
    {kSessionWasKilled, ErrorKind::lost},
    {kIdleTooLong, ErrorKind::lost},

    // A server without a free connection, or one that starts or ends.
    {ER_CON_COUNT_ERROR, ErrorKind::lost},
    {ER_UNKNOWN_COM_ERROR, ErrorKind::lost},  // Galera: the node is not part of the cluster yet
    {ER_SERVER_SHUTDOWN, ErrorKind::lost},
    {ER_NORMAL_SHUTDOWN, ErrorKind::lost},
    {ER_HOST_IS_BLOCKED, ErrorKind::lost},
    {ER_CANT_CREATE_THREAD, ErrorKind::lost},
    {ER_TOO_MANY_USER_CONNECTIONS, ErrorKind::lost},
    {ER_USER_LIMIT_REACHED, ErrorKind::lost},
    {ER_MAX_PREPARED_STMT_COUNT_REACHED, ErrorKind::lost},
    {kServerOffline, ErrorKind::lost},

    // A server that cannot write. After a failover another one answers to the same name: only a new connection reaches
    // it.
    {ER_CANT_LOCK, ErrorKind::lost},  // InnoDB is read-only
    {ER_DISK_FULL, ErrorKind::lost},
    {ER_GET_ERRNO, ErrorKind::lost},
    {ER_OPEN_AS_READONLY, ErrorKind::lost},
    {ER_OUTOFMEMORY, ErrorKind::lost},
    {ER_OUT_OF_RESOURCES, ErrorKind::lost},
    {ER_RECORD_FILE_FULL, ErrorKind::lost},
    {ER_ERROR_DURING_COMMIT, ErrorKind::lost},
    {ER_LOCK_TABLE_FULL, ErrorKind::lost},
    {ER_OPTION_PREVENTS_STATEMENT, ErrorKind::lost},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ErrorKind::lost},
    {ER_READ_ONLY_MODE, ErrorKind::lost},
    {ER_INNODB_READ_ONLY, ErrorKind::lost},
    {kGroupUnavailable, ErrorKind::lost},
});

}  // namespace

ErrorKind mysql_error_kind(unsigned int number) {
  const auto found = std::ranges::find(kMeanings, number, &Meaning::number);
  return found == kMeanings.end() ? ErrorKind::other : found->kind;
}

}  // namespace sql
