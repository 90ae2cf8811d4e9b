--TEST--
Beanstalk\Client and Memcached\Client in an application: config/*.php, the environment, named ones, what is wrong with them at boot
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('beanstalkd', 'memcached'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Daemon, Server};
use function HighperTest\{check, free_port, temp_path};

[$one, $two] = [free_port(), free_port()];
$queue = Daemon::start([Daemon::find('beanstalkd'), '-l', '127.0.0.1', '-p', (string) $one], "127.0.0.1:{$one}");
$cache = Daemon::start([Daemon::find('memcached'), '-l', '127.0.0.1', '-p', (string) $two, '-m', '8', ...(posix_geteuid() === 0 ? ['-u', 'root'] : [])], "127.0.0.1:{$two}");
$script = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Attribute\Inject;
    use Highper\{Beanstalk, Memcached};
    final readonly class Both {
        public function __construct(public Beanstalk\Client $jobs, public Memcached\Client $cache, #[Inject('beanstalk.NAME')] public Beanstalk\Client $mails, #[Inject('memcached.NAME')] public Memcached\Client $sessions) {}
    }
    exit(Application::create(basePath: __DIR__)
        ->get('/', function (Both $both, Beanstalk\Client $jobs) {
            $id = $both->jobs->put('x', 'tube');
            $both->cache->set('k', 'v');
            return [$both->mails->reserve('tube', 0)->delete(), $both->sessions->get('k'), $jobs === $both->jobs, $both->mails !== $jobs];
        })
        ->run([$argv[0], '--workers', '1']));
    PHP;
mkdir(temp_path('config'));
file_put_contents(temp_path('config/beanstalk.php'), "<?php return ['default' => ['host' => '127.0.0.1', 'port' => {$one}], 'mails' => 'beanstalk://127.0.0.1:{$one}?pool.max=2'];");
file_put_contents(temp_path('config/memcached.php'), "<?php return ['servers' => ['127.0.0.1:{$two}'], 'sessions' => ['servers' => ['127.0.0.1:{$two}'], 'timeout' => 0.5]];");
$server = Server::start(strtr($script, ['NAME' => 'mails']), wait: false);
$server->waitForLog("there is no memcached of this name: config/memcached.php needs 'mails' => ['servers' => ['host:11211']]");
$server->kill();
$script = strtr($script, ['beanstalk.NAME' => 'beanstalk.mails', 'memcached.NAME' => 'memcached.sessions']);
$server = Server::start($script);
check('the ones of the configuration', json_decode($server->get('/')->body), [true, 'v', true, true]);
$server->kill();
// The environment has the default ones where the files have none.
file_put_contents(temp_path('config/beanstalk.php'), "<?php return ['mails' => ['url' => 'beanstalk://127.0.0.1:{$one}']];");
file_put_contents(temp_path('config/memcached.php'), "<?php return ['sessions' => ['url' => 'memcached://127.0.0.1:{$two}']];");
$server = Server::start($script, environment: ['BEANSTALK_URL' => "beanstalk://127.0.0.1:{$one}", 'MEMCACHED_URL' => "memcached://127.0.0.1:{$two}"]);
check('those of the environment', json_decode($server->get('/')->body), [true, 'v', true, true]);
$server->kill();
$server = Server::start($script, wait: false);
$server->waitForLog("no beanstalkd is configured: set BEANSTALK_URL, or return ['url' => 'beanstalk://host:11300'] from config/beanstalk.php");
$server->kill();
file_put_contents(temp_path('config/memcached.php'), "<?php return ['servers' => [], 'sessions' => ['servers' => ['a:0']]];");
$server = Server::start($script, environment: ['BEANSTALK_URL' => "beanstalk://127.0.0.1:{$one}?colour=1"], wait: false);
$server->waitForLog("there is no setting 'colour'; there are url, host, port");
$server->kill();
$server = Server::start($script, environment: ['BEANSTALK_URL' => "beanstalk://127.0.0.1:{$one}"], wait: false);
$server->waitForLog("memcached needs 'servers' => ['host:port', …]");
$server->kill();
file_put_contents(temp_path('config/memcached.php'), "<?php return ['servers' => ['127.0.0.1:{$two}'], 'sessions' => ['servers' => ['a:0']]];");
$server = Server::start($script, environment: ['BEANSTALK_URL' => "beanstalk://127.0.0.1:{$one}"], wait: false);
$server->waitForLog("a port must be from 1 to 65535, '0' given");
$server->kill();
echo "done\n";
?>
--EXPECT--
ok: the ones of the configuration
ok: those of the environment
done
