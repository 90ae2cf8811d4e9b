<?php

declare(strict_types=1);

namespace Highper\Library;

use Swoole\Coroutine\Socket;

// The functions of the extension sockets, on Coroutine\Socket. Numbers stand for its constants: it may be missing.

function swoole_socket_create(int $domain, int $type, int $protocol)
{
    return new Socket($domain, $type, $protocol);
}

function swoole_socket_create_listen(int $port, int $backlog = 128)
{
    $socket = new Socket(2 /* AF_INET */, 1 /* SOCK_STREAM */, 6 /* SOL_TCP */);
    return $socket->bind('0.0.0.0', $port) && $socket->listen($backlog) ? $socket : false;
}

function swoole_socket_create_pair(int $domain, int $type, int $protocol, array &$pair)
{
    $made = \swoole_coroutine_socketpair($domain, $type, $protocol);
    if (!$made) {
        return false;
    }
    $pair = $made;
    return true;
}

function swoole_socket_import_stream(mixed $stream): Socket|false
{
    return Socket::import($stream);
}

function swoole_socket_connect(Socket $socket, string $address, int $port = 0)
{
    return $socket->connect($address, $port);
}

function swoole_socket_bind(Socket $socket, string $address, int $port = 0): bool
{
    return $socket->bind($address, $port);
}

function swoole_socket_listen(Socket $socket, int $backlog = 0): bool
{
    return $socket->listen($backlog);
}

function swoole_socket_accept(Socket $socket)
{
    return $socket->accept();
}

/** PHP_NORMAL_READ (1) reads up to a line's end. */
function swoole_socket_read(Socket $socket, int $length, int $type = 2)
{
    return $type === 2 ? $socket->recv($length) : $socket->recvLine($length);
}

function swoole_socket_write(Socket $socket, string $buffer, int $length = 0)
{
    return $socket->send($length > 0 ? \substr($buffer, 0, $length) : $buffer);
}

function swoole_socket_send(Socket $socket, string $buffer, int $length, int $flags)
{
    no_flags($flags);
    return \swoole_socket_write($socket, $buffer, $length);
}

function swoole_socket_recv(Socket $socket, &$buffer, int $length, int $flags)
{
    if ($flags & 0x01 /* MSG_OOB */) {
        throw new \RuntimeException('$flags[MSG_OOB] is not supported');
    }
    $timeout = $flags & 0x40 /* MSG_DONTWAIT */ ? 0.001 : 0.0;
    $buffer = match (true) {
        (bool) ($flags & 0x02 /* MSG_PEEK */) => $socket->peek($length),
        (bool) ($flags & 0x100 /* MSG_WAITALL */) => $socket->recvAll($length, $timeout),
        default => $socket->recv($length, $timeout),
    };
    return $buffer === false ? false : \strlen($buffer);
}

function swoole_socket_sendto(
    Socket $socket,
    string $buffer,
    int $length,
    int $flags,
    string $addr,
    int $port = 0,
) {
    no_flags($flags);
    only_datagrams($socket);
    return $socket->sendto($addr, $port, $length > 0 ? \substr($buffer, 0, $length) : $buffer);
}

function swoole_socket_recvfrom(Socket $socket, &$buffer, int $length, int $flags, &$name, &$port = null)
{
    no_flags($flags);
    if ($length === 0) {
        $socket->errCode = 11 /* EAGAIN */;
        return false;
    }
    only_datagrams($socket);
    $data = $socket->recvfrom($peer);
    if ($data === false) {
        return false;
    }
    $name = $peer['address'];
    $port = $peer['port'] ?? null;
    $buffer = \substr($data, 0, $length);
    return \strlen($buffer);
}

function swoole_socket_getpeername(Socket $socket, &$address, &$port = null)
{
    return name($socket->getpeername(), $address, $port);
}

function swoole_socket_getsockname(Socket $socket, &$address, &$port = null)
{
    return name($socket->getsockname(), $address, $port);
}

function swoole_socket_set_option(Socket $socket, int $level, int $optname, $optval): bool
{
    return $socket->setOption($level, $optname, $optval);
}

function swoole_socket_setopt(Socket $socket, int $level, int $optname, $optval): bool
{
    return $socket->setOption($level, $optname, $optval);
}

function swoole_socket_get_option(Socket $socket, int $level, int $optname)
{
    return $socket->getOption($level, $optname);
}

function swoole_socket_getopt(Socket $socket, int $level, int $optname)
{
    return $socket->getOption($level, $optname);
}

function swoole_socket_shutdown(Socket $socket, int $how = 2): bool
{
    return $socket->shutdown($how);
}

function swoole_socket_close(Socket $socket)
{
    $socket->close();
}

function swoole_socket_last_error(?Socket $socket = null): int
{
    return $socket ? $socket->errCode : \swoole_last_error();
}

function swoole_socket_clear_error(?Socket $socket = null)
{
    if ($socket) {
        $socket->errCode = 0;
    }
    \swoole_clear_error();
}

/** It waits again as long as it did before swoole_socket_set_nonblock(). */
function swoole_socket_set_block(Socket $socket)
{
    if ($socket->isClosed()) {
        return false;
    }
    $before = waits();
    if (isset($before[$socket])) {
        $socket->setOption(1 /* SOL_SOCKET */, 20 /* SO_RCVTIMEO */, $before[$socket]);
        unset($before[$socket]);
    }
    return true;
}

/** It waits a millisecond at most. */
function swoole_socket_set_nonblock(Socket $socket)
{
    if ($socket->isClosed()) {
        return false;
    }
    $before = waits();
    if (!isset($before[$socket])) {
        $before[$socket] = $socket->getOption(1 /* SOL_SOCKET */, 20 /* SO_RCVTIMEO */);
        $socket->setOption(1 /* SOL_SOCKET */, 20 /* SO_RCVTIMEO */, ['sec' => 0, 'usec' => 1000]);
    }
    return true;
}

/** How long sockets waited before they were told not to. */
function waits(): \WeakMap
{
    static $waits;
    return $waits ??= new \WeakMap();
}

function name(array|false $found, mixed &$address, mixed &$port): bool
{
    if (!$found) {
        return false;
    }
    $address = $found['address'];
    $port = $found['port'] ?? null;
    return true;
}

function no_flags(int $flags): void
{
    if ($flags !== 0) {
        throw new \RuntimeException("\$flags[{$flags}] is not supported");
    }
}

function only_datagrams(Socket $socket): void
{
    if ($socket->type !== 2 /* SOCK_DGRAM */) {
        throw new \RuntimeException('only supports dgram type socket');
    }
}
