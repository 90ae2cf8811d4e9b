--TEST--
Extensions that work on memory, pictures and code do under load what they always do, all of them loaded together
--EXTENSIONS--
highper
--CONFLICTS--
all
--TIMEOUT--
90
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Server, Services, Workload};
use function HighperTest\check;

// What this PHP has of them. The order is that in which they need each other; what is loaded already is not loaded again.
$wanted = ['igbinary', 'msgpack', 'apcu', 'imagick', 'excimer', 'pcov', 'ssh2', 'amqp', 'mongodb', 'memcached', 'soap', 'imap', 'ldap', 'odbc', 'ds', 'yac', 'protobuf', 'grpc', 'opentelemetry'];
$lines = '';
foreach ($wanted as $name) {
    if (! extension_loaded($name) && Services::lacks($name) === '') { $lines .= "extension={$name}\n"; }
}
mkdir($folder = HighperTest\temp_path('ini'));
file_put_contents("{$folder}/more.ini", $lines . "apc.enable_cli=1\npcov.enabled=1\n");
$server = Server::start(
    Workload::server(after: <<<'PHP'
        function more(int $n): void {
            if (function_exists('igbinary_serialize')) {
                $object = new ArrayObject([$n, 'deep' => [1.5, null, new ArrayObject([$n])]]);
                assert(igbinary_unserialize(igbinary_serialize($object)) == $object);
            }
            if (function_exists('msgpack_pack')) { assert(msgpack_unpack(msgpack_pack([$n, 'x' => [true]])) === [$n, 'x' => [true]]); }
            if (function_exists('apcu_inc')) {
                apcu_store("n{$n}", ['n' => $n, 'text' => str_repeat('x', 500)]);
                apcu_entry('all', function () { usleep(1000); return 0; });
                apcu_inc('all');
                Swoole\Coroutine::sleep(0.001);
                assert(apcu_fetch("n{$n}")['n'] === $n);
            }
            if (class_exists('Imagick') && $n % 10 === 0) {
                $picture = new Imagick();
                $picture->newImage(24, 24, 'red', 'png');
                Swoole\Coroutine::sleep(0.001);
                $picture->resizeImage(12, 6, Imagick::FILTER_LANCZOS, 1);
                $again = new Imagick();
                $again->readImageBlob($picture->getImageBlob());
                assert($again->getImageWidth() === 12 && $again->getImageHeight() === 6);
            }
        }
        $http->on('workerStart', function () { if (function_exists('pcov\start')) { pcov\start(); } });
        $http->on('request', function ($q, $r) {
            $n = (int) ($q->get['n'] ?? 0);
            if ($n === 999_999) { $r->end(function_exists('apcu_fetch') ? (string) apcu_fetch('all') : '2000'); return; }
            if ($n % 100 === 13) { throw new LogicException('on purpose'); }
            if ($n % 10 === 7) { $r->status(418); }
            more($n);
            $r->end(work($n));
        });
        PHP),
    environment: ['PHP_INI_SCAN_DIR' => getenv('PHP_INI_SCAN_DIR') . ':' . $folder],
);
check('answers', Workload::drive($server, 2000), []);
check('nothing counted was lost', $server->get('/?n=999999')->body, (string) (2000 - (Services::lacks('apcu') === '' ? 20 : 0)));
check('exit code', $server->stop(), 0);
check('nothing else', Workload::complaints($server), '');
?>
--EXPECT--
ok: answers
ok: nothing counted was lost
ok: exit code
ok: nothing else
