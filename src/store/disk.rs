//! The store on the disk: one file of redb (<https://docs.rs/redb>), copy on write with two checksummed roots. A
//! transaction is synced before it counts as done, so that what was acknowledged survives a crash of the process, of
//! the system, and the loss of power; one that was not finished has not begun.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{
    Builder, ConcurrencyMode, Database, DatabaseError, Durability, ReadOnlyDatabase, ReadTransaction,
    ReadableDatabase, StorageBackend, StorageError, TableDefinition, TableError,
};

use super::{FILE, Put, Store, StoreError, Table, Visit};

/// Bytes of pages that redb keeps in memory: the graph is there already.
const CACHE_BYTES: usize = 16 << 20;

/// A store in a file.
pub struct Disk(Handle);

enum Handle {
    Writer(Database),
    Reader(ReadOnlyDatabase),
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}

impl Disk {
    /// Opens the store of a folder for writing. One process at a time writes; others may read. The checksum of every
    /// page is looked at: linear in the file.
    ///
    /// # Errors
    /// No store there, another process that writes, damage, what the system says.
    pub fn open(dir: &Path) -> Result<Disk, StoreError> {
        let path = dir.join(FILE);
        if !path.exists() {
            return Err(nothing_in(dir));
        }
        guarded(|| {
            let database = builder(ConcurrencyMode::SingleWriter).open(&path);
            database.map(|database| Disk(Handle::Writer(database))).map_err(|e| of_opening(e, dir))
        })
    }

    /// Makes a store in a folder that has none. Until [`Disk::publish`] it is there under another name: a store that
    /// was not begun to the end is none, and the next who begins one throws it away.
    ///
    /// # Errors
    /// A store there, what the system says.
    pub fn create(dir: &Path) -> Result<Disk, StoreError> {
        let failed = |e: std::io::Error| StoreError::Failed(format!("{}: {e}", dir.display()));
        std::fs::create_dir_all(dir).map_err(failed)?;
        if dir.join(FILE).exists() {
            let why = format!("{} holds a store already; choose a new folder", dir.display());
            return Err(StoreError::Unfit(why));
        }
        let path = dir.join(UNFINISHED);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(e)),
            _ => {}
        }
        guarded(|| {
            let database = builder(ConcurrencyMode::SingleWriter).create(&path);
            database.map(|database| Disk(Handle::Writer(database))).map_err(|e| of_opening(e, dir))
        })
    }

    /// Gives the store that was made in a folder its name, on the disk too.
    ///
    /// # Errors
    /// What the system says.
    pub fn publish(dir: &Path) -> Result<(), StoreError> {
        let named = std::fs::rename(dir.join(UNFINISHED), dir.join(FILE))
            .and_then(|()| std::fs::File::open(dir)?.sync_all());
        named.map_err(|e| StoreError::Failed(format!("{}: {e}", dir.display())))
    }

    /// Opens the store of a folder for reading alone; another process may write meanwhile.
    ///
    /// # Errors
    /// No store there, damage, what the system says.
    pub fn open_to_read(dir: &Path) -> Result<Disk, StoreError> {
        let path = dir.join(FILE);
        if !path.exists() {
            let why = format!(
                "{} holds no store ({FILE} is not there); name the folder given to serve --data-dir",
                dir.display()
            );
            return Err(StoreError::Unfit(why));
        }
        guarded(|| match builder(ConcurrencyMode::SingleWriter).open_read_only(&path) {
            Ok(database) => Ok(Disk(Handle::Reader(database))),
            // After a crash it wants repair first, which only a writer may do.
            Err(DatabaseError::RepairAborted) => Disk::open(dir),
            Err(e) => Err(of_opening(e, dir)),
        })
    }

    /// Opens a store over other storage than a file.
    ///
    /// # Errors
    /// As for [`Disk::open`].
    pub fn over(backend: impl StorageBackend) -> Result<Disk, StoreError> {
        guarded(|| {
            let database = builder(ConcurrencyMode::ExclusiveWriter).create_with_backend(backend);
            database
                .map(|database| Disk(Handle::Writer(database)))
                .map_err(|e| of_opening(e, Path::new("storage")))
        })
    }

    fn reading(&self) -> Result<ReadTransaction, StoreError> {
        let begun = match &self.0 {
            Handle::Writer(database) => database.begin_read(),
            Handle::Reader(database) => database.begin_read(),
        };
        begun.map_err(|e| of(redb::Error::from(e)))
    }
}

/// The name of a store that is not begun to the end.
const UNFINISHED: &str = "throughline.redb.new";

fn nothing_in(dir: &Path) -> StoreError {
    let dir = dir.display();
    StoreError::Unfit(format!(
        "{dir} holds no store: {FILE} is not there; name the folder given to serve --data-dir"
    ))
}

fn builder(mode: ConcurrencyMode) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true).set_concurrency_mode(mode);
    builder
}

fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

impl Store for Disk {
    fn commit(&self, puts: &[Put]) -> Result<(), StoreError> {
        let Handle::Writer(database) = &self.0 else {
            return Err(StoreError::Failed("the store was opened for reading alone".to_owned()));
        };
        let write = || -> Result<(), redb::Error> {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            for put in puts {
                match put {
                    Put::Value(table, key, value) => {
                        transaction
                            .open_table(definition(*table))?
                            .insert(key.as_slice(), value.as_slice())?;
                    }
                    Put::Nothing(table, key) => {
                        transaction.open_table(definition(*table))?.remove(key.as_slice())?;
                    }
                    Put::Clear(table) => drop(transaction.delete_table(definition(*table))?),
                }
            }
            transaction.commit()?;
            Ok(())
        };
        guarded(|| write().map_err(of))
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        guarded(|| {
            let table = match self.reading()?.open_table(definition(table)) {
                Ok(table) => table,
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                Err(e) => return Err(of(e.into())),
            };
            let value = table.get(key).map_err(|e| of(e.into()))?;
            Ok(value.map(|value| value.value().to_vec()))
        })
    }

    fn scan(&self, table: Table, from: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        guarded(|| {
            let table = match self.reading()?.open_table(definition(table)) {
                Ok(table) => table,
                Err(TableError::TableDoesNotExist(_)) => return Ok(()),
                Err(e) => return Err(of(e.into())),
            };
            for entry in table.range(from..).map_err(|e| of(e.into()))? {
                let (key, value) = entry.map_err(|e| of(e.into()))?;
                if !visit(key.value(), value.value()) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn compact(&mut self) -> Result<(), StoreError> {
        match &mut self.0 {
            Handle::Writer(database) => {
                guarded(|| database.compact().map(drop).map_err(|e| of(redb::Error::from(e))))
            }
            Handle::Reader(_) => Ok(()),
        }
    }
}

/// On damaged pages redb may panic rather than say so; a damaged file must be a sentence and not an end.
fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        Err(StoreError::Damaged { version: None, what: format!("its pages contradict one another ({said})") })
    })
}

fn of(e: redb::Error) -> StoreError {
    match e {
        redb::Error::Corrupted(what) => StoreError::Damaged { version: None, what },
        e => StoreError::Failed(e.to_string()),
    }
}

fn of_opening(e: DatabaseError, dir: &Path) -> StoreError {
    match e {
        DatabaseError::DatabaseAlreadyOpen => StoreError::Unfit(format!(
            "{} is in use by another process that writes; stop it first, or choose another folder",
            dir.display()
        )),
        DatabaseError::UpgradeRequired(version) => StoreError::Unfit(format!(
            "{} is in format {version} of redb, which this program does not read; restore a backup into a new folder",
            dir.display()
        )),
        DatabaseError::Storage(StorageError::Io(e)) if e.kind() == std::io::ErrorKind::InvalidData => {
            StoreError::Damaged { version: None, what: format!("{} is no store: {e}", dir.display()) }
        }
        DatabaseError::Storage(StorageError::Io(e)) => StoreError::Failed(format!("{}: {e}", dir.display())),
        e => of(e.into()),
    }
}
