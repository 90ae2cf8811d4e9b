--TEST--
pcov sees the lines that coroutines run
--SKIPIF--
<?php if (!is_file(ini_get("extension_dir") . "/pcov.so")) die("skip needs the extension pcov"); ?>
--CONFLICTS--
all
--TIMEOUT--
90
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, Workload};

$file = getenv('TEST_TMP') . '/covered.json';
$server = Server::start(
    Workload::server(
        before: 'pcov\start();',
        after: '$http->on("workerStop", function () { pcov\stop(); file_put_contents(' . var_export($file, true)
            . ', json_encode(pcov\collect(pcov\all)[__FILE__] ?? [])); });',
    ),
    ini: ['extension' => 'pcov.so', 'pcov.enabled' => '1', 'pcov.directory' => getenv('TEST_TMP')],
);
check('answers', Workload::drive($server, 3000), []);
check('exit code', $server->stop(), 0);
$covered = json_decode((string) @file_get_contents($file), true) ?: [];
$lines = file(glob(getenv('TEST_TMP') . '/server-*.php')[0]);
$is = fn (string $code) => max(0, ...array_map(
    fn ($number) => str_contains($lines[$number - 1] ?? '', $code) ? $covered[$number] : 0, array_keys($covered) ?: [0],
));
foreach (['fails($n);', '$sum += $e->getMessage()', '$fiber->resume', 'yield $i', 'return $sum'] as $code) {
    check("covered: {$code}", $is($code) > 0);
}
--EXPECT--
ok: answers
ok: exit code
ok: covered: fails($n);
ok: covered: $sum += $e->getMessage()
ok: covered: $fiber->resume
ok: covered: yield $i
ok: covered: return $sum
