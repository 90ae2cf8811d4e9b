<?php

declare(strict_types=1);

namespace HighperTest;

use Swoole\Coroutine as Co;
use Swoole\Coroutine\Socket;

/** A proxy within the test, in coroutines: HTTP's CONNECT, or SOCKS5. It leads to where it is told, whatever is asked for. */
final class Proxy
{
    public readonly int $port;
    /** What was asked for, in order: the heads of an HTTP proxy, `user:password` and `host:port` of a SOCKS5 one. */
    public array $asked = [];
    private Socket $listener;

    /** @param callable(self, Socket): void $each Serves one connection. */
    private function __construct(callable $each)
    {
        $this->listener = new Socket(AF_INET, SOCK_STREAM, 0);
        $this->listener->bind('127.0.0.1', 0);
        $this->listener->listen();
        $this->port = $this->listener->getSockName()['port'];
        go(function () use ($each) {
            while ($peer = $this->listener->accept(-1)) {
                go(function () use ($each, $peer) {
                    $each($this, $peer);
                    $peer->close();
                });
            }
        });
    }

    /** Takes `CONNECT`, for a user where one is said, and leads to $port. */
    public static function http(int $port, ?string $login = null, string $answer = "HTTP/1.1 200 Connection established\r\n\r\n"): self
    {
        return new self(function (self $self, Socket $peer) use ($port, $login, $answer) {
            $head = self::head($peer);
            $self->asked[] = $head;
            $is_known = $login === null || str_contains($head, "\r\nProxy-Authorization: Basic " . base64_encode($login) . "\r\n");
            if (!$is_known) {
                $peer->sendAll("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
                return;
            }
            $peer->sendAll($answer);
            self::lead($peer, $port);
        });
    }

    /** Speaks SOCKS5, for a user where one is said, and leads to $port. */
    public static function socks5(int $port, ?string $login = null): self
    {
        return new self(function (self $self, Socket $peer) use ($port, $login) {
            [, $count] = array_values(unpack('Cversion/Ccount', (string) $peer->recvAll(2, 5)));
            $methods = $peer->recvAll($count, 5);
            $method = $login === null ? "\0" : "\2";
            if (!str_contains($methods, $method)) {
                $peer->sendAll("\5\xff");
                return;
            }
            $peer->sendAll("\5{$method}");
            if ($login !== null) {
                $part = fn (): string => ($length = ord($peer->recvAll(1, 5))) ? $peer->recvAll($length, 5) : '';
                $peer->recvAll(1, 5);
                $given = $part() . ':' . $part();
                $self->asked[] = $given;
                $peer->sendAll($given === $login ? "\1\0" : "\1\1");
                if ($given !== $login) {
                    return;
                }
            }
            $type = ord($peer->recvAll(4, 5)[3]);
            $host = match ($type) {
                1 => inet_ntop($peer->recvAll(4, 5)),
                4 => inet_ntop($peer->recvAll(16, 5)),
                3 => $peer->recvAll(ord($peer->recvAll(1, 5)), 5),
            };
            $self->asked[] = $host . ':' . unpack('n', $peer->recvAll(2, 5))[1];
            // A name, so that its length is to be read.
            $peer->sendAll("\5\0\0\3\x05proxy\x04\x38");
            self::lead($peer, $port);
        });
    }

    /** One that does whatever $each does with a connection. */
    public static function raw(callable $each): self
    {
        return new self(fn (self $self, Socket $peer) => $each($peer));
    }

    public function close(): void
    {
        $this->listener->close();
    }

    /** A head, as far as its empty line. */
    public static function head(Socket $peer): string
    {
        $data = '';
        while (!str_contains($data, "\r\n\r\n")) {
            $more = $peer->recv(65536, 5);
            if ($more === '' || $more === false) {
                return $data;
            }
            $data .= $more;
        }
        return $data;
    }

    private static function lead(Socket $peer, int $port): void
    {
        $server = new Socket(AF_INET, SOCK_STREAM, 0);
        if (!$server->connect('127.0.0.1', $port, 5)) {
            return;
        }
        $copy = function (Socket $from, Socket $to): void {
            while (($data = $from->recv(65536, -1)) !== '' && $data !== false) {
                $to->sendAll($data);
            }
            // Where one side has ended, so has the other.
            $to->shutdown(1);
        };
        $back = new Co\Channel(1);
        go(function () use ($copy, $server, $peer, $back) {
            $copy($server, $peer);
            $back->push(true);
        });
        $copy($peer, $server);
        $back->pop();
        $server->close();
    }
}
