<?php

declare(strict_types=1);

namespace HighperTest;

/** The other end of Xdebug's step debugger: waits for processes that connect, and sends them DBGp commands. */
final class Debugger
{
    /** @var resource */
    private $socket;
    public readonly int $port;

    public function __construct()
    {
        $this->socket = stream_socket_server('tcp://127.0.0.1:0') ?: throw new \RuntimeException('no port for the debugger');
        $name = stream_socket_get_name($this->socket, false);
        $this->port = (int) substr($name, strrpos($name, ':') + 1);
    }

    /** @return array<string, string> the settings by which Xdebug finds it */
    public function ini(): array
    {
        return [
            'zend_extension' => 'xdebug.so', 'xdebug.mode' => 'debug', 'xdebug.start_with_request' => 'yes',
            'xdebug.client_host' => '127.0.0.1', 'xdebug.client_port' => (string) $this->port, 'xdebug.log_level' => '0',
            'xdebug.connect_timeout_ms' => '2000',
        ];
    }

    /** The next process that connects; its first packet is read. */
    public function accept(float $seconds = 10.0): DebugSession
    {
        $stream = stream_socket_accept($this->socket, patience($seconds));
        if ($stream === false) {
            throw new \RuntimeException('no process connected to the debugger');
        }

        return new DebugSession($stream);
    }
}
