<?php

declare(strict_types=1);

namespace Swoole\RemoteObject;

use Swoole\Atomic\Long;
use Swoole\Http\Request;
use Swoole\Http\Response;
use Swoole\Http\Server as HttpServer;
use Swoole\RemoteObject;

/**
 * Makes objects and calls functions for clients that trust it, and that it trusts: they may call whatever they like, unless
 * `allowed_classes` and `allowed_functions` say what.
 */
class Server
{
    public const DEFAULT_PORT = 9567;

    private HttpServer $server;

    /** @var array<int, mixed> objects and resources of clients */
    private array $objects = [];

    /** @var array<string, int> empty: all */
    private array $allowedClasses = [];

    /** @var array<string, int> empty: all */
    private array $allowedFunctions = [];

    /** Ids are not used again, unlike spl_object_id(). */
    private Long $nextObjectId;

    private string $apiKey = '';

    /**
     * @param array $options those of the HTTP server, and `server_mode`, `socket_type`, `allowed_classes`,
     *     `allowed_functions`, `api_key`
     */
    public function __construct(string $host = '127.0.0.1', int $port = self::DEFAULT_PORT, array $options = [])
    {
        $mode = $options['server_mode'] ?? (\defined('SWOOLE_THREAD') ? \constant('SWOOLE_THREAD') : \SWOOLE_BASE);
        $this->server = new HttpServer($host, $port, $mode, $options['socket_type'] ?? \SWOOLE_SOCK_TCP);
        $this->allowedClasses = self::allowed($options, 'allowed_classes');
        $this->allowedFunctions = self::allowed($options, 'allowed_functions');
        $this->apiKey = $options['api_key'] ?? '';
        $this->nextObjectId = new Long(1);
        foreach (['server_mode', 'socket_type', 'allowed_classes', 'allowed_functions', 'api_key'] as $own) {
            unset($options[$own]);
        }
        if ($options !== []) {
            $this->server->set($options);
        }
        $this->server->on('request', [$this, 'onRequest']);
        $this->server->on('start', [$this, 'onStart']);
    }

    public function start(): bool
    {
        return $this->server->start();
    }

    public function onStart(): void
    {
        echo "The remote-object server is started at http://{$this->server->host}:{$this->server->port}\n";
    }

    public function onRequest(Request $request, Response $response): void
    {
        $ctx = new Context($request, $response);
        if ($this->apiKey !== '' && !\hash_equals($this->apiKey, $request->header['x-api-key'] ?? '')) {
            $response->status(403);
            $ctx->end(['code' => -3, 'msg' => 'invalid api key']);
            return;
        }
        try {
            match ($ctx->getHandler()) {
                '_new' => $this->_new($ctx),
                '_call_function' => $this->_call_function($ctx),
                '_call_method' => $this->_call_method($ctx),
                '_read_property' => $this->_read_property($ctx),
                '_write_property' => $this->_write_property($ctx),
                '_to_string' => $this->_to_string($ctx),
                '_offset_get' => $this->_offset_get($ctx),
                '_offset_set' => $this->_offset_set($ctx),
                '_offset_unset' => $this->_offset_unset($ctx),
                '_offset_exists' => $this->_offset_exists($ctx),
                '_destroy' => $this->_destroy($ctx),
                '_ping' => $this->_ping($ctx),
                default => $ctx->end(['code' => -1, 'msg' => 'invalid request']),
            };
        } catch (\Throwable $error) {
            $ctx->end(['code' => -2, 'exception' => [
                'message' => $error->getMessage(),
                'code' => $error->getCode(),
                'class' => $error::class,
            ]]);
        }
    }

    private function _new(Context $ctx): void
    {
        $class = \trim($ctx->getParam('class'), '\ ');
        if ($this->allowedClasses !== [] && !isset($this->allowedClasses[$class])) {
            throw new Exception("class[{$class}] not allowed");
        }
        $ctx->end(['code' => 0, 'object' => $this->addObject(new $class(...$this->arguments($ctx)))]);
    }

    private function _call_function(Context $ctx): void
    {
        $function = \trim($ctx->getParam('function'), '\ ');
        if ($this->allowedFunctions !== [] && !isset($this->allowedFunctions[$function])) {
            throw new Exception("function[{$function}] not allowed");
        }
        if (!\function_exists($function)) {
            throw new Exception("function[{$function}] not found");
        }
        $ctx->end(['code' => 0, 'result' => $this->marshal($ctx, $function(...$this->arguments($ctx)))]);
    }

    private function _call_method(Context $ctx): void
    {
        $object = $this->object($ctx);
        $method = $ctx->getParam('method');
        if (!\is_callable([$object, $method])) {
            throw new Exception('method[' . \get_debug_type($object) . "::{$method}] not found");
        }
        $ctx->end(['code' => 0, 'result' => $this->marshal($ctx, $object->{$method}(...$this->arguments($ctx)))]);
    }

    private function _read_property(Context $ctx): void
    {
        $value = $this->object($ctx)->{$ctx->getParam('property')};
        $ctx->end(['code' => 0, 'property' => $this->marshal($ctx, $value)]);
    }

    private function _write_property(Context $ctx): void
    {
        $this->object($ctx)->{$ctx->getParam('property')} = $this->unmarshal($ctx->getDataParam('value'));
        $ctx->end(['code' => 0]);
    }

    private function _to_string(Context $ctx): void
    {
        $ctx->end(['code' => 0, 'value' => (string) $this->object($ctx)]);
    }

    private function _offset_get(Context $ctx): void
    {
        $value = $this->object($ctx)[$ctx->getParam('offset')];
        $ctx->end(['code' => 0, 'value' => $this->marshal($ctx, $value)]);
    }

    private function _offset_set(Context $ctx): void
    {
        $object = $this->object($ctx);
        $value = $this->unmarshal($ctx->getDataParam('value'));
        $offset = $ctx->request->post['offset'] ?? '';
        if ($offset === '') {
            $object[] = $value;
        } else {
            $object[$offset] = $value;
        }
        $ctx->end(['code' => 0]);
    }

    private function _offset_unset(Context $ctx): void
    {
        $object = $this->object($ctx);
        unset($object[$ctx->getParam('offset')]);
        $ctx->end(['code' => 0]);
    }

    private function _offset_exists(Context $ctx): void
    {
        $ctx->end(['code' => 0, 'exists' => isset($this->object($ctx)[$ctx->getParam('offset')])]);
    }

    private function _destroy(Context $ctx): void
    {
        $this->object($ctx);
        unset($this->objects[(int) $ctx->getParam('object')]);
        $ctx->end(['code' => 0]);
    }

    private function _ping(Context $ctx): void
    {
        $ctx->end(['code' => 0]);
    }

    /** The object that a request is about. */
    private function object(Context $ctx): mixed
    {
        $id = $ctx->getParam('object');
        return $this->objects[(int) $id] ?? throw new Exception("object[#{$id}] not found");
    }

    private function arguments(Context $ctx): array
    {
        return \array_map($this->unmarshal(...), $ctx->getDataParam('args'));
    }

    private function addObject($object): int
    {
        $id = $this->nextObjectId->add();
        $this->objects[$id] = $object;
        return $id;
    }

    /** Objects and resources stay here; the client gets what stands for them. */
    private function marshal(Context $ctx, mixed $data): mixed
    {
        if (\is_object($data) || \is_resource($data)) {
            return RemoteObject::marshal($this->addObject($data), $ctx->getCoroutineId(), $ctx->getClientId());
        }
        return \is_array($data) ? \array_map(fn (mixed $one): mixed => $this->marshal($ctx, $one), $data) : $data;
    }

    /** The reverse. */
    private function unmarshal($data): mixed
    {
        if ($data instanceof RemoteObject) {
            return $this->objects[$data->getObjectId()]
                ?? throw new Exception("object[#{$data->getObjectId()}] not found");
        }
        return \is_array($data) ? \array_map($this->unmarshal(...), $data) : $data;
    }

    /** @return array<string, int> */
    private static function allowed(array $options, string $name): array
    {
        $allowed = $options[$name] ?? [];
        return \is_array($allowed) ? \array_flip($allowed) : throw new Exception("{$name} must be an array");
    }
}
