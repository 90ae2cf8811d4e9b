<?php
/**
 * What shared memory costs, on the Swoole API and with Highper\Cache: two processes on a core each
 * do the same at the same time.
 *
 *     php shared.php table-get | table-set | atomic-add | cache-get | cache-set [BATCHES]
 *
 * Prints JSON: nanoseconds per turn of each of the batches, of both processes.
 */

use Swoole\Atomic;
use Swoole\Process;
use Swoole\Table;

const KEYS = 1024;
const TURNS = 50_000;

$what = $argv[1];
$batches = (int) ($argv[2] ?? 21);

$table = new Table(4096);
$table->column('id', Table::TYPE_INT);
$table->column('name', Table::TYPE_STRING, 64);
$table->create();
$cache = class_exists('Highper\Cache', false) ? new Highper\Cache('16M') : null;
$atomic = new Atomic();

$keys = [];
for ($i = 0; $i < KEYS; $i++) {
    $keys[] = "key-$i";
    $table->set("key-$i", ['id' => $i, 'name' => "the name of row $i"]);
    $cache?->set("key-$i", "the name of row $i");
}

$batch = match ($what) {
    'table-get' => static function (int $turns) use ($table, $keys): void {
        for ($i = 0; $i < $turns; $i++) {
            $table->get($keys[$i % KEYS]);
        }
    },
    'table-set' => static function (int $turns) use ($table, $keys): void {
        for ($i = 0; $i < $turns; $i++) {
            $table->set($keys[$i % KEYS], ['id' => $i, 'name' => 'another name of the row']);
        }
    },
    'atomic-add' => static function (int $turns) use ($atomic): void {
        for ($i = 0; $i < $turns; $i++) {
            $atomic->add(1);
        }
    },
    'cache-get' => static function (int $turns) use ($cache, $keys): void {
        for ($i = 0; $i < $turns; $i++) {
            $cache->get($keys[$i % KEYS]);
        }
    },
    'cache-set' => static function (int $turns) use ($cache, $keys): void {
        for ($i = 0; $i < $turns; $i++) {
            $cache->set($keys[$i % KEYS], 'another name of the row');
        }
    },
};

$started = new Atomic();
$children = [];
for ($core = 0; $core < 2; $core++) {
    $child = new Process(static function (Process $own) use ($core, $batch, $batches, $started): void {
        Process::setAffinity([$core]);
        $batch(TURNS);
        $started->add(1);
        while ($started->get() < 2) {
            usleep(100);
        }
        $costs = [];
        for ($i = 0; $i < $batches; $i++) {
            $start = hrtime(true);
            $batch(TURNS);
            $costs[] = (hrtime(true) - $start) / TURNS;
        }
        $own->write(json_encode($costs));
    }, false, 2);                                     // SOCK_DGRAM, which only ext-sockets names
    $child->start();
    $children[] = $child;
}
$costs = [];
foreach ($children as $child) {
    $costs = array_merge($costs, json_decode($child->read(65536), true));
}
while (Process::wait()) {
}
echo json_encode($costs);
