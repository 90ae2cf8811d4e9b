<?php

declare(strict_types=1);

namespace HighperTest;

use Swoole\Coroutine\Socket;

/** A way to a server that breaks after so many bytes of its answers, in a coroutine of the test. */
final class Cut
{
    public readonly int $port;
    /** Bytes of answers before it breaks, of each connection that is made from now on. */
    public int $after = PHP_INT_MAX;
    /** How: `reset`, `end`, or `silence`, in which nothing more comes. */
    public string $how = 'reset';
    /** How many connections have been broken. */
    public int $broken = 0;
    /** Bytes of answers since it was set to 0. */
    public int $passed = 0;
    private Socket $listener;

    /** @param string|int $server A local socket, or a port of 127.0.0.1. */
    public function __construct(private string|int $server)
    {
        $this->listener = new Socket(AF_INET, SOCK_STREAM, 0);
        $this->listener->bind('127.0.0.1', 0);
        $this->listener->listen(1024);
        $this->port = $this->listener->getSockName()['port'];
        go(function () {
            while ($peer = $this->listener->accept(-1)) {
                go(fn () => $this->lead($peer));
            }
        });
    }

    public function close(): void
    {
        $this->listener->close();
    }

    private function lead(Socket $peer): void
    {
        [$after, $how] = [$this->after, $this->how];
        $server = new Socket(is_int($this->server) ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
        if (!$server->connect(is_int($this->server) ? '127.0.0.1' : $this->server, is_int($this->server) ? $this->server : 0, 5)) {
            $peer->close();
            return;
        }
        go(function () use ($peer, $server) {
            while (($data = $peer->recv(65536, -1)) !== '' && $data !== false) {
                $server->sendAll($data);
            }
            $server->shutdown(1);
        });
        $sent = 0;
        while (($data = $server->recv(65536, -1)) !== '' && $data !== false) {
            $part = substr($data, 0, max(0, $after - $sent));
            $sent += strlen($part);
            $this->passed += strlen($part);
            $part === '' || $peer->sendAll($part);
            if ($sent >= $after) {
                $this->broken++;
                if ($how === 'silence') {
                    // Until the other side has had enough.
                    while (($data = $server->recv(65536, -1)) !== '' && $data !== false);
                } elseif ($how === 'reset') {
                    $peer->setOption(SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 0]);
                }
                break;
            }
        }
        $server->close();
        $peer->close();
    }
}
