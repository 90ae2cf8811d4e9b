--TEST--
php-amqplib in coroutines
--EXTENSIONS--
highper
sockets
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacksFile('PhpAmqpLib/autoload.php') ?: HighperTest\Daemon::missing('rabbitmq-server', 'epmd'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Services};
use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Message\AMQPMessage;

require 'PhpAmqpLib/autoload.php';
$daemon = Services::rabbitMq($mapper);
foreach (['streams' => AMQPStreamConnection::class, 'sockets' => PhpAmqpLib\Connection\AMQPSocketConnection::class] as $kind => $class) {
    Proof::interleaved($kind, static fn () => new $class(...explode(':', $daemon->socket), user: 'guest', password: 'guest'), static function ($connection, int $i) {
        $channel = $connection->channel();
        [$name] = $channel->queue_declare('', false, false, true);
        go(static function () use ($channel, $name, $i) {
            usleep(100_000);
            $channel->basic_publish(new AMQPMessage(str_repeat("{$i} ", 5_000)), '', $name);
        });
        $got = null;
        $channel->basic_consume($name, '', false, true, false, false, static function (AMQPMessage $message) use (&$got) { $got = $message->getBody(); });
        while ($got === null) { $channel->wait(null, false, 5); }
        $connection->close();
        return $got === str_repeat("{$i} ", 5_000) ? $i : 'another';
    }, 1);
}
Proof::timesOut('its time-out', static function (string $host, int $port) {
    try { new AMQPStreamConnection($host, $port, 'guest', 'guest', connection_timeout: 1, read_write_timeout: 1); } catch (Exception $e) { return $e instanceof PhpAmqpLib\Exception\AMQPExceptionInterface ?: $e::class; }
});
?>
--EXPECT--
ok: streams: each its own answer
ok: streams: at the same time
ok: sockets: each its own answer
ok: sockets: at the same time
ok: its time-out: gives up
ok: its time-out: in time
ok: its time-out: others run meanwhile
