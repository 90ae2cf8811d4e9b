--TEST--
php-amqp and php-amqplib with RabbitMQ in coroutines: answers, waits at once, time-outs
--EXTENSIONS--
highper
--CONFLICTS--
all
--TIMEOUT--
60
--INI--
extension=amqp
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('amqp') ?: HighperTest\Daemon::missing('rabbitmq-server', 'epmd'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Services};

$daemon = Services::rabbitMq($mapper);
[$host, $port] = explode(':', $daemon->socket);
$connect = static function () use (&$host, &$port): AMQPChannel {
    $connection = new AMQPConnection(['host' => $host, 'port' => (int) $port]);
    $connection->connect();
    return new AMQPChannel($connection);
};
$queue = static function (AMQPChannel $channel, string $name): AMQPQueue {
    $queue = new AMQPQueue($channel);
    $queue->setName($name);
    $queue->setFlags(AMQP_EXCLUSIVE);
    $queue->declareQueue();
    return $queue;
};
Proof::interleaved('php-amqp', $connect, static function (AMQPChannel $channel, int $i) use ($queue, $connect) {
    $mine = $queue($channel, "q{$i}");
    go(static function () use ($connect, $i) {
        usleep(100_000);
        (new AMQPExchange($connect()))->publish(str_repeat("{$i} ", 50_000), "q{$i}");
    });
    $got = null;
    // It looks for messages again and again, with a wait of its own each time.
    while (! $got = $mine->get(AMQP_AUTOACK)) { usleep(10_000); }
    return $got->getBody() === str_repeat("{$i} ", 50_000) ? $i : 'another';
}, 1);
Proof::interleaved('php-amqp consumes', $connect, static function (AMQPChannel $channel, int $i) use ($queue, $connect) {
    $mine = $queue($channel, "r{$i}");
    go(static function () use ($connect, $i) {
        usleep(100_000);
        (new AMQPExchange($connect()))->publish((string) $i, "r{$i}");
    });
    $got = null;
    $mine->consume(static function (AMQPEnvelope $message) use (&$got) { $got = (int) $message->getBody(); return false; }, AMQP_AUTOACK);
    return $got;
}, 1);
$slow = Services::slow($daemon->socket, 0.1);
[$host, $port] = explode(':', $slow->socket);
Proof::atOnce('amqp', $connect, static fn (AMQPChannel $channel) => $channel->startTransaction(), static fn () => $slow->signal(SIGUSR1));
$slow = Services::slow($daemon->socket, 30);
Proof::timesOut('rpc_timeout', static function () use ($slow) {
    [$host, $port] = explode(':', $slow->socket);
    $connection = new AMQPConnection(['host' => $host, 'port' => (int) $port, 'rpc_timeout' => 1, 'read_timeout' => 1]);
    $connection->connect();
    $channel = new AMQPChannel($connection);
    $slow->signal(SIGUSR1);
    try { $channel->startTransaction(); } catch (AMQPException $e) { return str_contains($e->getMessage(), 'timed out') ?: $e->getMessage(); }
});
?>
--EXPECT--
ok: php-amqp: each its own answer
ok: php-amqp: at the same time
ok: php-amqp consumes: each its own answer
ok: php-amqp consumes: at the same time
ok: amqp: 200 without a mistake
ok: amqp: 200 × 0.1 s at once
ok: rpc_timeout: gives up
ok: rpc_timeout: in time
ok: rpc_timeout: others run meanwhile
