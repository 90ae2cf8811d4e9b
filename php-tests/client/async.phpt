--TEST--
Async\Client: callbacks in their order, pauses, packets, the outbox, ends of all kinds, TLS refused
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Async\Client;
use Swoole\Event;
use function HighperTest\check;

/** A server of another process that speaks to one client and ends. */
function serve(callable $speak): array
{
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $port = (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
    $process = new Swoole\Process(function () use ($listener, $speak) {
        $peer = stream_socket_accept($listener, 5);
        stream_set_timeout($peer, 5);
        $speak($peer);
        fclose($peer);
    });
    $process->start();
    fclose($listener);
    return [$port, $process];
}

/** A client that notes what it is called back with. */
function client(array &$notes, array $also = [], int $type = SWOOLE_SOCK_TCP): Client
{
    $client = new Client($type);
    foreach (['connect', 'receive', 'close', 'error'] as $name) {
        $client->on($name, function (Client $client, ?string $data = null) use (&$notes, $name, $also) {
            $notes[] = $data === null ? $name : "{$name}: {$data}";
            isset($also[$name]) && $also[$name]($client, $data);
        });
    }
    return $client;
}

// One after the other, until the server closes.
[$port] = serve(function ($peer) {
    fwrite($peer, strtoupper(fread($peer, 5)));
    fwrite($peer, strtoupper(fread($peer, 5)));
});
$notes = [];
$client = client($notes, [
    'connect' => fn ($client) => $client->send('hello'),
    'receive' => fn ($client, $data) => $data === 'HELLO' && $client->send('again'),
]);
check('begins', [$client->connect('127.0.0.1', $port, 2), $client->isConnected()], [true, false]);
check('twice', @$client->connect('127.0.0.1', $port, 2), false);
Event::wait();
check('in order', $notes, ['connect', 'receive: HELLO', 'receive: AGAIN', 'close']);
check('over', [$client->isConnected(), @$client->send('x'), $client->errCode, @$client->close()], [false, false, SWOOLE_ERROR_CLIENT_NO_CONNECTION, false]);

// close() in a callback calls back before it returns; the same object connects again.
[$port] = serve(fn ($peer) => fwrite($peer, 'hi') && fread($peer, 1));
$notes = [];
$client = client($notes, ['receive' => function ($client) use (&$notes) {
    $notes[] = var_export($client->close(), true);
    $notes[] = var_export($client->isConnected(), true);
}]);
$client->connect('127.0.0.1', $port, 2);
Event::wait();
check('closed in receive', $notes, ['connect', 'receive: hi', 'close', 'true', 'false']);

// Pauses.
[$port] = serve(function ($peer) {
    fwrite($peer, 'one');
    fread($peer, 1);
});
$notes = [];
$client = client($notes, [
    'connect' => function ($client) use (&$notes) {
        check('sleep', $client->sleep());
        Swoole\Timer::after(30, function () use ($client, &$notes) {
            $notes[] = 'wakeup';
            $client->resume();
        });
    },
    'receive' => fn ($client) => $client->close(),
]);
$client->connect('127.0.0.1', $port, 2);
Event::wait();
check('nothing before it is woken', $notes, ['connect', 'wakeup', 'receive: one', 'close']);

// Packets.
[$port] = serve(function ($peer) {
    foreach (str_split(pack('n', 3) . 'abc' . pack('n', 0) . pack('n', 5) . 'defgh', 4) as $piece) {
        fwrite($peer, $piece);
        usleep(5000);
    }
});
$notes = [];
$client = client($notes);
$client->set(['open_length_check' => true, 'package_length_type' => 'n', 'package_length_offset' => 0, 'package_body_offset' => 2]);
$client->connect('127.0.0.1', $port, 2);
Event::wait();
check('packets', array_map('bin2hex', array_slice($notes, 1, 3)), array_map('bin2hex', ["receive: \0\3abc", "receive: \0\0", "receive: \0\5defgh"]));

// The outbox: full, then empty; a file behind it.
file_put_contents($file = getenv('TEST_TMP') . '/file', str_repeat('f', 100_000));
[$port] = serve(function ($peer) {
    usleep(50_000);
    $size = 0;
    while (!feof($peer)) {
        $size += strlen(fread($peer, 1 << 20));
        if ($size === 30_100_000) {
            fwrite($peer, "got {$size}");
        }
    }
});
$notes = [];
$client = client($notes, ['connect' => function ($client) use ($file, &$notes) {
    $sent = 0;
    for ($n = 0; $n < 300; $n++) {
        $sent += (int) $client->send(str_repeat('x', 100_000));
    }
    $notes[] = $sent;
    check('the file', $client->sendfile($file));
    check('too much', [$client->send(str_repeat('x', 30_000_000)), $client->errCode], [false, SWOOLE_ERROR_OUTPUT_BUFFER_OVERFLOW]);
}, 'receive' => fn ($client) => $client->close()]);
$client->set(['socket_buffer_size' => 30_000_000]);
$client->on('bufferFull', function () use (&$notes) {
    $notes[] = 'full';
});
$client->on('bufferEmpty', function () use (&$notes) {
    $notes[] = 'empty';
});
$client->connect('127.0.0.1', $port, 2);
Event::wait();
check('all was sent', array_values(array_diff($notes, ['full', 'empty'])), ['connect', 30_000_000, 'receive: got 30100000', 'close']);

// What does not come about.
$notes = [];
client($notes)->connect('127.0.0.1', 1, 1);
Event::wait();
check('refused', $notes, ['error']);
$client = client($notes, [], SWOOLE_SOCK_UNIX_STREAM);
check('no such path', [@$client->connect(getenv('TEST_TMP') . '/nobody'), $client->errCode], [false, SOCKET_ENOENT]);
Event::wait();
check('is told', $notes, ['error', 'error']);
[$port] = serve(fn ($peer) => fwrite($peer, 'no TLS here'));
$notes = [];
$client = client($notes, ['connect' => fn ($client) => $client->enableSSL(fn () => $notes[] = 'ready')]);
$client->connect('127.0.0.1', $port, 2);
Event::wait();
check('no TLS', $notes, ['connect', 'error']);
check('bad port', @client($notes)->connect('127.0.0.1', 0), false);
check('unknown event', @client($notes)->on('nothing', fn () => 0), false);
while (Swoole\Process::wait());
Event::wait();
echo "done\n";
?>
--EXPECT--
ok: begins
ok: twice
ok: in order
ok: over
ok: closed in receive
ok: sleep
ok: nothing before it is woken
ok: packets
ok: the file
ok: too much
ok: all was sent
ok: refused
ok: no such path
ok: is told
ok: no TLS
ok: bad port
ok: unknown event
done
