<?php
// A server of raw bytes for these tests, and a way to run one answer against a client.
use Swoole\Coroutine\Http\Client;
use Swoole\Coroutine\Socket;

/** Listens on a port of its own; each connection is given to $each in a coroutine. */
function listen(callable $each): array
{
    $listener = new Socket(AF_INET, SOCK_STREAM, 0);
    $listener->bind('127.0.0.1', 0);
    $listener->listen();
    go(function () use ($listener, $each) {
        while ($peer = $listener->accept(-1)) {
            go(function () use ($peer, $each) {
                $each($peer);
                $peer->close();
            });
        }
    });
    return [$listener, $listener->getSockName()['port']];
}

/** Reads one request: head and body. '' at the end. */
function request(Socket $peer): string
{
    $data = '';
    while (($end = strpos($data, "\r\n\r\n")) === false) {
        $more = $peer->recv(65536, 5);
        if ($more === '' || $more === false) {
            return '';
        }
        $data .= $more;
    }
    if (preg_match('/^content-length: *(\d+)/mi', substr($data, 0, $end), $found)) {
        while (strlen($data) < $end + 4 + $found[1]) {
            $more = $peer->recv(65536, 5);
            if ($more === '' || $more === false) {
                break;
            }
            $data .= $more;
        }
    }
    return $data;
}

/** What a client makes of one answer, sent in pieces: result, status, errCode, body. */
function against(array|string $pieces, array $settings = [], ?callable $prepare = null): array
{
    [$listener, $port] = listen(function (Socket $peer) use ($pieces) {
        request($peer);
        foreach ((array) $pieces as $piece) {
            if (is_float($piece)) {
                Co::sleep($piece);
            } else {
                $peer->sendAll($piece);
                Co::sleep(0.001);
            }
        }
    });
    $client = new Client('127.0.0.1', $port);
    $client->set($settings + ['timeout' => 1]);
    try {
        $done = $prepare ? $prepare($client) : $client->get('/');
    } finally {
        $listener->close();
    }
    return [$done, $client->statusCode, $client->errCode, $client->body, $client];
}
