--TEST--
The MongoDB driver in coroutines: answers, waits at once, time-outs
--EXTENSIONS--
highper
--CONFLICTS--
all
--TIMEOUT--
60
--INI--
extension=mongodb
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('mongodb') ?: HighperTest\Daemon::missing('python3'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Services};
use MongoDB\Driver\{BulkWrite, Command, Manager, Query};

$daemon = Services::mongoDb();
// Managers of the same URI share one connection, unless they are told not to.
$connect = static function () use ($daemon): Manager {
    $manager = new Manager("mongodb://{$daemon->socket}/", [], ['disableClientPersistence' => true]);
    $manager->executeCommand('test', new Command(['ping' => 1]));
    return $manager;
};
$sleep = static fn (Manager $manager, int $i = 0, float $seconds = 0.1) => $manager->executeCommand('test', new Command(['sleep' => $seconds, 'echo' => $i]))->toArray()[0]->echo;
Proof::interleaved('commands', $connect, $sleep);
Proof::interleaved('documents', $connect, static function (Manager $manager, int $i) use ($sleep) {
    $write = new BulkWrite();
    $write->insert(['_id' => $i, 'text' => $text = str_repeat("{$i} ", 50_000)]);
    $manager->executeBulkWrite('test.notes', $write);
    $sleep($manager);
    $found = $manager->executeQuery('test.notes', new Query(['_id' => $i]))->toArray();
    return count($found) === 1 && $found[0]->text === $text ? $found[0]->_id : $found;
});
Proof::interleaved('errors', $connect, static function (Manager $manager, int $i) use ($sleep) {
    $sleep($manager);
    try { $manager->executeCommand('test', new Command(["none{$i}" => 1])); } catch (MongoDB\Driver\Exception\CommandException $e) { return $e->getMessage() === "no such command: 'none{$i}'" ? $i : $e->getMessage(); }
});
Proof::atOnce('mongodb', $connect, $sleep);
Proof::timesOut('serverSelectionTimeoutMS', static function (string $host, int $port) {
    $manager = new Manager("mongodb://{$host}:{$port}/?serverSelectionTimeoutMS=1000&connectTimeoutMS=1000", [], ['disableClientPersistence' => true]);
    try { $manager->executeCommand('test', new Command(['ping' => 1])); } catch (MongoDB\Driver\Exception\ConnectionTimeoutException) { return true; }
});
Proof::timesOut('socketTimeoutMS', static function () use ($daemon, $sleep) {
    $manager = new Manager("mongodb://{$daemon->socket}/?socketTimeoutMS=1000", [], ['disableClientPersistence' => true]);
    try { $sleep($manager, 0, 30.0); } catch (MongoDB\Driver\Exception\ConnectionTimeoutException) { return true; }
});
?>
--EXPECT--
ok: commands: each its own answer
ok: commands: at the same time
ok: documents: each its own answer
ok: documents: at the same time
ok: errors: each its own answer
ok: errors: at the same time
ok: mongodb: 200 without a mistake
ok: mongodb: 200 × 0.1 s at once
ok: serverSelectionTimeoutMS: gives up
ok: serverSelectionTimeoutMS: in time
ok: serverSelectionTimeoutMS: others run meanwhile
ok: socketTimeoutMS: gives up
ok: socketTimeoutMS: in time
ok: socketTimeoutMS: others run meanwhile
