<?php

declare(strict_types=1);

namespace Swoole\Server;

use Highper\Library\AdminReports;
use Swoole\Coroutine;
use Swoole\Http\Request;
use Swoole\Http\Response;
use Swoole\Server;
use Swoole\StringObject;
use Swoole\Timer;

/**
 * The admin server: commands to the processes of a server over HTTP, `/api/COMMAND/PROCESS`.
 *
 * A process is master, manager, worker-N, task_worker-N, reactor-N, all or all_…, or specific with a list of them. The answer
 * is `{"code": 0, "data": …}`, or a code that is not 0.
 */
class Admin
{
    // Bytes, for estimates.
    public const SIZE_OF_ZVAL = 16;
    public const SIZE_OF_ZEND_STRING = 32;
    public const SIZE_OF_ZEND_OBJECT = 56;
    public const SIZE_OF_ZEND_ARRAY = 56;

    private const BAD_REQUEST = 4003;
    private const NOT_FOUND = 4004;

    /** Kinds of processes. */
    private static array $map = [
        'reactor' => SWOOLE_SERVER_COMMAND_REACTOR_THREAD,
        'reactor_thread' => SWOOLE_SERVER_COMMAND_REACTOR_THREAD,
        'worker' => SWOOLE_SERVER_COMMAND_EVENT_WORKER,
        'event_worker' => SWOOLE_SERVER_COMMAND_EVENT_WORKER,
        'task' => SWOOLE_SERVER_COMMAND_TASK_WORKER,
        'task_worker' => SWOOLE_SERVER_COMMAND_TASK_WORKER,
    ];

    /** Names for several processes. */
    private static array $allList = [
        'all',
        'all_reactor',
        'all_reactor_thread',
        'all_worker',
        'all_event_worker',
        'all_task',
        'all_task_worker',
        'specific',
    ];

    /** Commands that change something. */
    private static array $postMethodList = [
        'server_reload',
        'server_shutdown',
        'close_session',
    ];

    /** Empty: everybody may ask. */
    private static string $accessToken = '';

    /** Tells the server the commands, before it starts. */
    public static function init(Server $server): void
    {
        $everywhere = SWOOLE_SERVER_COMMAND_MASTER | SWOOLE_SERVER_COMMAND_MANAGER
            | SWOOLE_SERVER_COMMAND_EVENT_WORKER | SWOOLE_SERVER_COMMAND_TASK_WORKER;
        foreach (self::commands() + (new AdminReports(self::json(...)))->commands() as $name => $handler) {
            $server->addCommand($name, $everywhere, $handler);
        }
    }

    public static function getAccessToken(): string
    {
        return self::$accessToken;
    }

    /** Serves at `host:port`, or `name:secret@host:port`, of the setting `admin_server`, until it is told to end. */
    public static function start(Server $server): void
    {
        $address = $server->setting['admin_server'];
        if (\str_starts_with($address, 'unix:/')) {
            \swoole_error_log(\SWOOLE_LOG_ERROR, "admin_server[{$address}] is not supported");
            return;
        }
        $at = \strrpos($address, '@');
        if ($at !== false) {
            [$name, $secret] = \explode(':', \substr($address, 0, $at), 2) + [1 => ''];
            self::$accessToken = \sha1($name . $secret);
            $address = \substr($address, $at + 1);
        }
        [$host, $port] = \explode(':', $address, 2) + [1 => '0'];
        $admin = new Coroutine\Http\Server($host, (int) $port);
        $admin->handle('/api', static function (Request $request, Response $response) use ($server): void {
            $response->header('Server', 'swoole-admin-server');
            $response->header('Access-Control-Allow-Origin', '*');
            $response->header('Access-Control-Allow-Methods', 'GET, POST, OPTIONS');
            $response->header('Access-Control-Allow-Headers', 'X-ACCESS-TOKEN, X-ADMIN-SERVER-ACCESS-TOKEN');
            try {
                $response->end(self::answer($server, $request));
            } catch (\InvalidArgumentException | \JsonException $error) {
                $response->status(403);
                $response->end(self::json($error->getMessage(), self::BAD_REQUEST));
            }
        });
        $admin->handle('/', static function (Request $request, Response $response): void {
            $response->status(404);
            $response->end();
        });
        $server->admin_server = $admin;
        $admin->start();
    }

    public static function handlerGetResources(Server $server, string $msg)
    {
        return self::json(\array_map(static function ($resource): array {
            $type = \get_resource_type($resource);
            $info = $type === 'stream' ? ['info' => \stream_get_meta_data($resource)] : [];
            return ['id' => \get_resource_id($resource), 'type' => $type] + $info;
        }, \array_values(\get_resources())));
    }

    public static function handlerGetWorkerInfo(Server $server, string $msg)
    {
        return self::json([
            'id' => $server->getWorkerId(),
            'pid' => $server->getWorkerPid(),
            'gc_status' => \gc_status(),
            'memory_usage' => \memory_get_usage(),
            'memory_real_usage' => \memory_get_usage(true),
            'process_status' => self::getProcessStatus(),
            'coroutine_stats' => Coroutine::stats(),
            'timer_stats' => Timer::stats(),
            'vm_status' => \swoole_get_vm_status(),
        ]);
    }

    public static function handlerCloseSession(Server $server, string $msg)
    {
        $data = self::decode($msg);
        if (empty($data['session_id'])) {
            return self::json('require session_id', self::BAD_REQUEST);
        }
        return $server->close((int) $data['session_id'], !empty($data['force']))
            ? self::json([])
            : self::json(['error' => \swoole_last_error()], self::NOT_FOUND);
    }

    public static function handlerGetTimerList(Server $server, string $msg)
    {
        $list = [];
        foreach (Timer::list() as $id) {
            $list[] = ['id' => $id, 'info' => Timer::info($id)];
        }
        return self::json($list);
    }

    public static function handlerGetCoroutineList(Server $server, string $msg)
    {
        $list = [];
        foreach (Coroutine::list() as $id) {
            $list[] = [
                'id' => $id,
                'elapsed' => Coroutine::getElapsed($id),
                'stack_usage' => Coroutine::getStackUsage($id),
                'backTrace' => Coroutine::getBackTrace($id, \DEBUG_BACKTRACE_IGNORE_ARGS, 1),
            ];
        }
        return self::json($list);
    }

    public static function handlerGetObjects(Server $server, string $msg)
    {
        return self::json(\array_map(static function (object $object): array {
            $class = new \ReflectionClass($object);
            return [
                'id' => \spl_object_id($object),
                'hash' => \spl_object_hash($object),
                'class' => $object::class,
                'filename' => $class->getFileName() ?: '',
                'line' => $class->getStartLine() ?: '',
                'memory_size' => self::getObjectMemorySize($object),
            ];
        }, \swoole_get_objects() ?: []));
    }

    public static function handlerGetClassInfo(Server $server, string $msg)
    {
        return (new AdminReports(self::json(...)))->classInfo(self::decode($msg));
    }

    public static function handlerGetFunctionInfo(Server $server, string $msg)
    {
        return (new AdminReports(self::json(...)))->functionInfo(self::decode($msg));
    }

    public static function handlerGetObjectByHandle(Server $server, string $msg)
    {
        $data = self::decode($msg);
        if (empty($data['object_id']) || empty($data['object_hash'])) {
            return self::json(['error' => 'Params Error!'], self::NOT_FOUND);
        }
        $object = \swoole_get_object_by_handle((int) $data['object_id']);
        if (!$object || \spl_object_hash($object) !== $data['object_hash']) {
            return self::json(['error' => 'Object destroyed!'], self::NOT_FOUND);
        }
        return self::json(\var_export($object, true));
    }

    public static function handlerGetVersionInfo(Server $server, string $msg)
    {
        $addresses = \array_values(\swoole_get_local_ip());
        $public = \array_filter($addresses, static fn (string $address) => \filter_var(
            $address,
            \FILTER_VALIDATE_IP,
            \FILTER_FLAG_NO_PRIV_RANGE | \FILTER_FLAG_NO_RES_RANGE,
        ));
        return self::json([
            'os' => \php_uname('s') . '-' . \php_uname('r'),
            'swoole' => \swoole_version(),
            'php' => \PHP_VERSION,
            'ip' => \reset($public) ?: $addresses[0] ?? '127.0.0.1',
        ]);
    }

    public static function handlerGetDefinedFunctions(Server $server, string $msg)
    {
        $functions = \get_defined_functions();
        $functions['user'] = \array_map(static function (string $name): array {
            $function = new \ReflectionFunction($name);
            return ['function' => $name, 'filename' => $function->getFileName(), 'line' => $function->getStartLine()];
        }, $functions['user']);
        return self::json(\array_filter($functions));
    }

    public static function handlerGetDeclaredClasses(Server $server, string $msg)
    {
        return self::json(\array_map(static function (string $name): array {
            $class = new \ReflectionClass($name);
            return [
                'class' => $name,
                'filename' => $class->getFileName() ?: '',
                'line' => $class->getStartLine() ?: '',
            ];
        }, \get_declared_classes()));
    }

    public static function handlerGetServerMemoryUsage(Server $server, string $msg)
    {
        $result = \array_map(self::getProcessMemoryRealUsage(...), self::processes($server))
            + ['master' => 0, 'manager' => 0];
        $result['total'] = \array_sum($result);
        $memory = (string) @\file_get_contents('/proc/meminfo');
        $result['memory_size'] = \preg_match('/^MemTotal:\s+(\d+) kB/m', $memory, $match) ? (int) $match[1] * 1024 : 0;
        return self::json($result);
    }

    public static function handlerGetServerCpuUsage(Server $server, string $msg)
    {
        $result = [];
        $total = 0;
        foreach (self::processes($server) as $name => $pid) {
            $usage = self::getProcessCpuUsage($pid);
            $total += $usage[1] ?? 0;
            $result[$name] = $name === 'master' || $name === 'manager' ? $usage : $usage[1] ?? 0;
        }
        return self::json($result + ['master' => 0, 'manager' => 0, 'total' => $total, 'cpu_num' => \swoole_cpu_num()]);
    }

    public static function handlerGetStaticPropertyValue(Server $server, string $msg)
    {
        $data = self::decode($msg);
        foreach (['class_name', 'property_name'] as $name) {
            if (empty($data[$name])) {
                return self::json(['error' => "require {$name}!"], self::NOT_FOUND);
            }
        }
        if (!\class_exists($data['class_name'])) {
            return self::json("class[{$data['class_name']}] not exists", self::NOT_FOUND);
        }
        $class = new \ReflectionClass($data['class_name']);
        return self::json(['value' => \var_export($class->getStaticPropertyValue($data['property_name'], []), true)]);
    }

    /** @return array<string, callable> */
    private static function commands(): array
    {
        $own = static fn (string $method): array => [self::class, "handler{$method}"];
        return [
            'server_reload' => static function (Server $server): string {
                $server->reload();
                return self::json('Operation succeeded');
            },
            'server_shutdown' => static function (Server $server): void {
                $server->shutdown();
            },
            'server_stats' => static fn (Server $server) => self::json($server->stats()),
            'server_setting' => static fn (Server $server) => self::json([
                'mode' => $server->mode,
                'host' => $server->host,
                'port' => $server->port,
                'master_pid' => $server->master_pid,
                'manager_pid' => $server->manager_pid,
            ] + $server->setting),
            'get_client_info' => static function (Server $server, string $msg): string {
                $data = self::decode($msg);
                return empty($data['session_id'])
                    ? self::json('require session_id', self::BAD_REQUEST)
                    : self::json($server->getClientInfo((int) $data['session_id']));
            },
            'coroutine_stats' => static fn () => self::json(Coroutine::stats()),
            'coroutine_list' => static fn () => self::json(\iterator_to_array(Coroutine::list())),
            'coroutine_bt' => static function (Server $server, string $msg): string {
                $id = (int) (self::decode($msg)['cid'] ?? 0);
                $trace = Coroutine::getBackTrace($id);
                return $trace === false
                    ? self::json("Coroutine#{$id} not exists", self::NOT_FOUND)
                    : self::json($trace);
            },
            'close_session' => $own('CloseSession'),
            'get_version_info' => $own('GetVersionInfo'),
            'get_worker_info' => $own('GetWorkerInfo'),
            'get_timer_list' => $own('GetTimerList'),
            'get_coroutine_list' => $own('GetCoroutineList'),
            'get_objects' => $own('GetObjects'),
            'get_class_info' => $own('GetClassInfo'),
            'get_function_info' => $own('GetFunctionInfo'),
            'get_object_by_handle' => $own('GetObjectByHandle'),
            'get_server_cpu_usage' => $own('GetServerCpuUsage'),
            'get_server_memory_usage' => $own('GetServerMemoryUsage'),
            'get_static_property_value' => $own('GetStaticPropertyValue'),
            'get_defined_functions' => $own('GetDefinedFunctions'),
            'get_declared_classes' => $own('GetDeclaredClasses'),
            'get_resources' => $own('GetResources'),
        ];
    }

    /** @throws \InvalidArgumentException for a request that is refused */
    private static function answer(Server $server, Request $request): string
    {
        $path = \explode('/', \trim($request->server['request_uri'], '/'));
        if (\count($path) < 2 || \count($path) > 3) {
            throw new \InvalidArgumentException('Bad API path');
        }
        $method = $request->server['request_method'];
        if ($method === 'OPTIONS') {
            return '';
        }
        $token = $request->header['x-admin-server-access-token'] ?? '';
        if (self::$accessToken !== '' && !\hash_equals(self::$accessToken, $token)) {
            throw new \InvalidArgumentException('Bad access token');
        }
        $command = $path[1];
        if ($method !== 'POST' && \in_array($command, self::$postMethodList, true)) {
            throw new \InvalidArgumentException('Bad request method');
        }
        if ($command === 'multi') {
            $list = \json_decode((string) $request->rawContent(), true, 512, \JSON_THROW_ON_ERROR);
            if ($method !== 'POST' || !\is_array($list) || $list === []) {
                throw new \InvalidArgumentException('Bad process');
            }
            return (string) \json_encode(self::handlerMulti($server, $list), \JSON_INVALID_UTF8_IGNORE);
        }
        $data = $method === 'GET' ? $request->get : $request->post;
        $process = new StringObject($path[2] ?? 'master');
        if (\in_array($process->toString(), self::$allList, true)) {
            return self::json(self::handlerGetAll($server, $process, $command, $data));
        }
        [$type, $id] = self::process($process->toString()) ?? throw new \InvalidArgumentException('Bad process');
        $result = $server->command($command, $id, $type, $data, false);
        return $result ?: (string) \json_encode([
            'code' => \swoole_last_error(),
            'data' => \swoole_strerror(\swoole_last_error(), 9),
        ]);
    }

    private static function handlerMulti(Server $server, array $list)
    {
        $answers = [];
        foreach ($list as $key => $content) {
            [$path, $query] = \explode('?', $content['path'] ?? '', 2) + [1 => ''];
            $parts = \explode('/', \trim($path, '/'));
            \parse_str($query, $data);
            $data = \array_merge($data, $content['post'] ?? []);
            $process = $parts[2] ?? 'master';
            if (\in_array($process, self::$allList, true)) {
                $all = self::handlerGetAll($server, new StringObject($process), $parts[1] ?? '', $data);
                $answers[$key] = ['code' => 0, 'data' => $all];
            } else {
                $one = self::process($process);
                $answers[$key] = $one === null
                    ? new \stdClass()
                    : $server->command($parts[1] ?? '', $one[1], $one[0], $data, true);
            }
        }
        return $answers;
    }

    private static function handlerGetAll(Server $server, StringObject $process, $cmd, $data, bool $json_decode = true)
    {
        $arguments = [$cmd, $data, $server, $json_decode];
        switch ($process->toString()) {
            case 'all':
                return self::handlerGetMaster(...$arguments) + self::handlerGetManager(...$arguments)
                    + self::handlerGetAllWorker(...$arguments) + self::handlerGetAllTaskWorker(...$arguments);
            case 'all_reactor':
            case 'all_reactor_thread':
                return self::handlerGetAllReactor(...$arguments);
            case 'all_worker':
            case 'all_event_worker':
                return self::handlerGetAllWorker(...$arguments);
            case 'all_task':
            case 'all_task_worker':
                return self::handlerGetAllTaskWorker(...$arguments);
        }
        $result = [];
        foreach (\is_array($data['workers'] ?? null) ? $data['workers'] : [] as $name) {
            $one = self::process($name);
            $result[$name] = $one === null
                ? new \stdClass()
                : $server->command($cmd, $one[1], $one[0], $data, $json_decode);
        }
        return $result;
    }

    private static function handlerGetMaster($cmd, $data, Server $server, bool $json_decode = false)
    {
        return ['master' => $server->command($cmd, 0, SWOOLE_SERVER_COMMAND_MASTER, $data, $json_decode)];
    }

    private static function handlerGetManager($cmd, $data, Server $server, bool $json_decode = false)
    {
        return ['manager' => $server->command($cmd, 0, SWOOLE_SERVER_COMMAND_MANAGER, $data, $json_decode)];
    }

    private static function handlerGetAllReactor($cmd, $data, Server $server, bool $json_decode = false)
    {
        $number = ($server->setting['reactor_num'] ?? 0) ?: $server->setting['worker_num'];
        $number = $server->mode === SWOOLE_BASE ? 0 : $number;
        return self::several('reactor', SWOOLE_SERVER_COMMAND_REACTOR_THREAD, $number, $cmd, $data, $server, $json_decode);
    }

    private static function handlerGetAllWorker($cmd, $data, Server $server, bool $json_decode = false)
    {
        $number = $server->setting['worker_num'];
        return self::several('worker', SWOOLE_SERVER_COMMAND_EVENT_WORKER, $number, $cmd, $data, $server, $json_decode);
    }

    private static function handlerGetAllTaskWorker($cmd, $data, Server $server, bool $json_decode = false)
    {
        $number = $server->setting['task_worker_num'] ?? 0;
        return self::several('task_worker', SWOOLE_SERVER_COMMAND_TASK_WORKER, $number, $cmd, $data, $server, $json_decode);
    }

    private static function several(
        string $name,
        int $type,
        int $number,
        string $command,
        mixed $data,
        Server $server,
        bool $decode,
    ): array {
        $answers = [];
        for ($id = 0; $id < $number; ++$id) {
            $answers["{$name}-{$id}"] = $server->command($command, $id, $type, $data, $decode);
        }
        return $answers;
    }

    /** @return array{int, int}|null kind and number of a process, by its name */
    private static function process(string $name): ?array
    {
        if (\str_starts_with($name, 'master')) {
            return [SWOOLE_SERVER_COMMAND_MASTER, 0];
        }
        if (\str_starts_with($name, 'manager')) {
            return [SWOOLE_SERVER_COMMAND_MANAGER, 0];
        }
        $parts = \explode('-', $name);
        return \count($parts) === 2 && isset(self::$map[$parts[0]]) ? [self::$map[$parts[0]], (int) $parts[1]] : null;
    }

    /** @return array<string, int> the processes that there are */
    private static function processes(Server $server): array
    {
        $all = [];
        if (self::haveMasterProcess($server)) {
            $all['master'] = $server->master_pid;
        }
        if (self::haveManagerProcess($server)) {
            $all['manager'] = $server->manager_pid;
        }
        $number = $server->setting['worker_num'] + ($server->setting['task_worker_num'] ?? 0);
        for ($id = 0; $id < $number; ++$id) {
            $all["worker-{$id}"] = $server->getWorkerPid($id);
        }
        return $all;
    }

    private static function haveMasterProcess(Server $server): bool
    {
        return $server->mode !== SWOOLE_BASE;
    }

    private static function haveManagerProcess(Server $server): bool
    {
        return $server->mode !== SWOOLE_BASE || $server->getManagerPid() !== 0;
    }

    /** @return int[] ticks of all processors, and those of the process */
    private static function getProcessCpuUsage($pid)
    {
        $all = \preg_split('/\s+/', (string) @\file_get_contents('/proc/stat'), 6);
        $one = @\file_get_contents("/proc/{$pid}/stat");
        if ($one === false || \count($all) < 5) {
            return [0];
        }
        // The name, in parentheses, may have spaces.
        $fields = \explode(' ', \substr($one, \strrpos($one, ')') + 2));
        return [
            (int) $all[1] + (int) $all[2] + (int) $all[3] + (int) $all[4],
            (int) ($fields[11] ?? 0) + (int) ($fields[12] ?? 0),
        ];
    }

    /** Bytes that are resident. */
    private static function getProcessMemoryRealUsage($pid = 'self')
    {
        return (int) (self::getProcessStatus($pid)['VmRSS'] ?? 0) * 1024;
    }

    /** @return array<string, string> */
    private static function getProcessStatus($pid = 'self')
    {
        $status = [];
        foreach (\explode("\n", (string) @\file_get_contents("/proc/{$pid}/status")) as $line) {
            [$name, $value] = \explode(':', $line, 2) + [1 => null];
            if ($value !== null) {
                $status[$name] = \trim($value);
            }
        }
        return $status;
    }

    private static function getArrayMemorySize(array $a): int
    {
        $size = self::SIZE_OF_ZVAL + self::SIZE_OF_ZEND_ARRAY;
        foreach ($a as $key => $value) {
            $size += \is_string($key) ? self::getStringMemorySize($key) : self::SIZE_OF_ZVAL;
            $size += self::size($value);
        }
        return $size;
    }

    private static function getStringMemorySize(string $s): int
    {
        return self::SIZE_OF_ZVAL + self::SIZE_OF_ZEND_STRING + \strlen($s);
    }

    private static function getObjectMemorySize(object $o): int
    {
        return self::SIZE_OF_ZEND_OBJECT + \array_sum(\array_map(self::size(...), \get_object_vars($o)));
    }

    private static function size(mixed $value): int
    {
        return match (true) {
            \is_array($value) => self::getArrayMemorySize($value),
            \is_string($value) => self::getStringMemorySize($value),
            default => self::SIZE_OF_ZVAL,
        };
    }

    private static function decode(string $msg): array
    {
        $data = \json_decode($msg, true, 512, \JSON_THROW_ON_ERROR);
        return \is_array($data) ? $data : [];
    }

    private static function json($data, $code = 0)
    {
        $text = \json_encode(['code' => $code, 'data' => $data], \JSON_INVALID_UTF8_IGNORE);
        return $text ?: \json_encode([
            'code' => 5010,
            'data' => ['message' => \json_last_error_msg(), 'code' => \json_last_error()],
        ]);
    }
}
