--TEST--
Tcp\Client and Udp\Client: packets by marks and lengths, a pool, connections of one's own, servers that misbehave, time limits
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/../http_client/serve.php';
use Highper\Tcp\Client;
use Highper\Udp\Client as Udp;
use HighperTest\Certificates;
use function Highper\{async, await, scope, timeout};
use function HighperTest\{check, free_port, temp_path};

try {
scope(function () {
    $lines = serve(function ($peer, int $number) {
        while (($line = fgets($peer)) !== false) {
            switch (rtrim($line)) {
                case 'hangup': return;
                case 'never': break;
                case 'half': fwrite($peer, 'half'); return;
                case 'flood': while (@fwrite($peer, str_repeat('x', 65536))) { } return;
                case 'two': fwrite($peer, "1\n2\n"); break;
                default: fwrite($peer, "{$number}: {$line}");
            }
        }
    });
    $client = new Client("127.0.0.1:{$lines}", eof: "\n", timeout: 5.0, pool: 2, max_packet: '64K');
    check('a line', [$client->ask('one'), $client->ask('two and a half')], ['1: one', '1: two and a half']);
    $all = await(array_map(fn ($n) => async(fn () => substr(strrchr($client->ask("n{$n}"), ' '), 1)), range(1, 20)));
    check('twenty by two connections', [$all, $client->stats()['made'] <= 2, $client->stats()['taken']], [array_map(fn ($n) => "n{$n}", range(1, 20)), true, 0]);
    foreach (['hangup', 'half', 'flood'] as $what) {
        echo "{$what}: ", fails(fn () => $client->ask($what), $why), ': ', str_replace($lines, 'PORT', $why), "\n";
    }
    check('never', fails(fn () => timeout(0.05, fn () => $client->ask('never'))), 'DeadlineException');
    $quick = new Client("127.0.0.1:{$lines}", eof: "\n", timeout: 0.05);
    check('never, by its own limit', [fails(fn () => $quick->ask('never'), $why), str_replace($lines, 'PORT', $why)], ['ClientTimeoutException', '127.0.0.1:PORT: no answer in time (timeout)']);
    check('no connection is left', [$client->stats()['taken'], $quick->stats()['idle'], $quick->stats()['taken']], [0, 0, 0]);
    $own = $client->connect();
    $own->send('two');
    check('a connection of its own', [$own->receive(), $own->receive(), $client->stats()['taken']], ['1', '2', 1]);
    check('nothing more', fails(fn () => $own->receive(0.01)), 'ClientTimeoutException');
    $own->close();
    check('closed', [$own->isOpen(), fails(fn () => $own->send('x')), $client->stats()['taken']], [false, 'ClientConnectException', 0]);
    $own = $client->connect();
    $own->send('x');
    $own->receive();
    $own->release();
    check('released', [$client->stats()['idle'] > 0, $client->stats()['taken'], $own->isOpen()], [true, 0, false]);
    check('a packet with the mark inside', fails(fn () => $client->ask("a\nb")), 'ClientException');
    check('a packet that is too large', fails(fn () => $client->ask(str_repeat('x', 65537))), 'ClientException');
    check('the server has closed the kept one', [(function () use ($client) { $own = $client->connect(); $own->send('hangup'); usleep(20_000); $own->release(); return substr(strrchr($client->ask('again'), ' '), 1); })()], ['again']);

    $numbers = serve(function ($peer) {
        while (strlen($head = (string) fread($peer, 4)) === 4) {
            $size = unpack('N', $head)[1];
            for ($body = ''; strlen($body) < $size; $body .= fread($peer, $size - strlen($body))) { }
            fwrite($peer, $body === 'large' ? pack('N', 1 << 30) : pack('N', $size) . strrev($body));
        }
    });
    $client = new Client("127.0.0.1:{$numbers}", length: 'N', timeout: 5.0);
    check('lengths', [$client->ask('hello'), strlen($client->ask(str_repeat('y', 1_000_000)))], ['olleh', 1_000_000]);
    check('a length beyond the limit', fails(fn () => $client->ask('large')), 'ClientException');

    $path = temp_path('wire.sock');
    $listener = stream_socket_server("unix://{$path}");
    async(function () use ($listener) {
        $peer = stream_socket_accept($listener, 10);
        fwrite($peer, 'got ' . fread($peer, 100));
    });
    check('a local socket, no framing', (new Client("unix:{$path}"))->ask('this'), 'got this');

    $certificates = new Certificates();
    $certificates->leaf('one', 'localhost');
    $context = stream_context_create(['ssl' => ['local_cert' => $certificates->path('one.crt'), 'local_pk' => $certificates->path('one.key')]]);
    $secure = stream_socket_server('tls://127.0.0.1:0', $code, $text, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
    $port = (int) substr(strrchr(stream_socket_get_name($secure, false), ':'), 1);
    async(function () use ($secure) {
        while (true) {
            if ($peer = @stream_socket_accept($secure, 60)) {
                fwrite($peer, (string) fgets($peer));
            }
        }
    });
    check('TLS', (new Client("localhost:{$port}", eof: "\n", tls: $certificates->path('ca.crt')))->ask('secret'), 'secret');
    check('TLS without trust', [fails(fn () => (new Client("localhost:{$port}", eof: "\n", tls: true))->ask('secret')), (new Client("localhost:{$port}", eof: "\n", tls: true, verify: false))->ask('secret')], ['ClientConnectException', 'secret']);
    $free = free_port();
    check('nobody listens', [fails(fn () => (new Client("127.0.0.1:{$free}"))->ask('x'), $why), $why], ['ClientConnectException', "cannot connect to 127.0.0.1:{$free}: Connection refused (os error 111)"]);
    $one = new Client("127.0.0.1:{$lines}", eof: "\n", pool: 1, timeout: 0.05);
    $held = $one->connect();
    check('none is free', fails(fn () => $one->ask('x')), 'ClientTimeoutException');
    unset($held);
    check('one is', substr($one->ask('x'), -1), 'x');

    $server = stream_socket_server('udp://127.0.0.1:0', $code, $text, STREAM_SERVER_BIND);
    $port = (int) substr(strrchr(stream_socket_get_name($server, false), ':'), 1);
    async(function () use ($server) {
        while (true) {
            $said = stream_socket_recvfrom($server, 65536, 0, $from);
            $said === 'never' || stream_socket_sendto($server, strtoupper((string) $said), 0, $from);
        }
    });
    $udp = new Udp("127.0.0.1:{$port}", timeout: 5.0);
    check('a datagram', [$udp->ask('hello'), strlen($udp->ask(str_repeat('x', 20_000)))], ['HELLO', 20_000]);
    $udp->send('never');
    check('none in time', [fails(fn () => $udp->receive(0.02)), fails(fn () => timeout(0.02, fn () => $udp->receive()))], ['ClientTimeoutException', 'DeadlineException']);
    foreach ([
        fn () => new Client('nowhere'),
        fn () => new Client('x:1', eof: "\n", length: 'N'),
        fn () => new Client('x:1', length: 'x'),
        fn () => new Client('x:1', eof: ''),
        fn () => new Udp('x:0'),
    ] as $wrong) {
        echo fails($wrong, $why), ": {$why}\n";
    }
    throw new LogicException('done');
});
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: a line
ok: twenty by two connections
hangup: ClientConnectException: 127.0.0.1:PORT: the server closed the connection before it answered
half: ClientConnectException: 127.0.0.1:PORT: the server closed the connection before it answered
flood: ClientException: 127.0.0.1:PORT: what came is no packet of this framing, or larger than max_packet (NoMark)
ok: never
ok: never, by its own limit
ok: no connection is left
ok: a connection of its own
ok: nothing more
ok: closed
ok: released
ok: a packet with the mark inside
ok: a packet that is too large
ok: the server has closed the kept one
ok: lengths
ok: a length beyond the limit
ok: a local socket, no framing
ok: TLS
ok: TLS without trust
ok: nobody listens
ok: none is free
ok: one is
ok: a datagram
ok: none in time
ClientException: an address is written host:port, 'nowhere' given
ClientException: packets have an eof behind them or a length in front: give either
ClientException: length must be a letter of pack() with a fixed size, N for example, 'x' given
ClientException: eof must have 1 to 8 bytes
ClientException: an address is written host:port, 'x:0' given
done
